// The functions that the compiler puts into their callers: small ones of the innermost loops. They stand together since only
// AssemblyScript decorates functions: biome can read every other file of this folder but listed.ts, and not this one (biome.json).

import { COLUMNS_BYTES, ENTRY_BYTES, Layer, LayerScratch, LayerStore, ROW_GROUPS, Run, Scratch, Store, WIDE } from './structs';
import { sumOfRows } from './vectors';

// @ts-ignore: decorator
@inline
export function layerOf(run: Run, l: i32): Layer {
  return changetype<Layer>(run.layers + l * offsetof<Layer>());
}

// @ts-ignore: decorator
@inline
export function scratchOf(scratch: Scratch, l: i32): LayerScratch {
  return changetype<LayerScratch>(scratch.layers + l * offsetof<LayerScratch>());
}

/** First position of a shard within a batch of `count` samples (src/data/sampler.ts, shardStart). */
// @ts-ignore: decorator
@inline
export function shardStart(count: i32, shards: i32, shard: i32): i32 {
  return <i32>((<u64>count * shard) / shards);
}

// @ts-ignore: decorator
@inline
export function storeOf(store: Store, l: i32): LayerStore {
  return changetype<LayerStore>(store.layers + l * offsetof<LayerStore>());
}

/** Where the inputs of sample `slot` stand in a layer's store of float32: at the first row, the others TILE values apart. */
// @ts-ignore: decorator
@inline
export function storedInput(layer: LayerStore, inputs: i32, slot: i32): usize {
  return layer.inputs + ((((slot >> 4) * inputs) << 4) + (slot & 15)) * 4;
}

/**
 * Bytes of a row of `stride` bytes that are taken COLUMNS_BYTES at a time: of sevens so many that four at a time take what is left,
 * since with one or two at a time each sum would wait for the one before.
 */
// @ts-ignore: decorator
@inline
export function columnsEnd(stride: i32): i32 {
  if (WIDE) return stride & -COLUMNS_BYTES;
  const vectors = stride >> 4;
  const sevens = (vectors * 3) & 3;
  const left = vectors - 7 * sevens;
  return left < 0 ? 0 : (7 * sevens + (left / 28) * 28) << 4;
}

/** The products of two rows of `bytes` (a multiple of 16), summed at a fixed order: four vectors of four, then their sum. */
// @ts-ignore: decorator
@inline
export function dotLanes(a: usize, b: usize, bytes: i32): v128 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let i = 0;
  for (; i + 64 <= bytes; i += 64) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a + i), v128.load(b + i)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a + i, 16), v128.load(b + i, 16)));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(a + i, 32), v128.load(b + i, 32)));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(a + i, 48), v128.load(b + i, 48)));
  }
  for (; i < bytes; i += 16) s0 = f32x4.add(s0, f32x4.mul(v128.load(a + i), v128.load(b + i)));
  return f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
}

/** The part of a pixel beyond which a lane that lies so far below (16.16) lies a row further: of 16 bits, less 32,768. */
// @ts-ignore: decorator
@inline
export function beyondPart(below: v128): v128 {
  return i32x4.sub(i32x4.splat(32767), v128.and(below, i32x4.splat(0xffff)));
}

/**
 * Sixteen pixels side by side in a turned image, from the four rows of the source at `at` and below, `rowBytes` apart, that they can
 * come from: turned by less than eleven degrees, they move by less than one column each, and by less than three rows in all.
 * `places` has for each lane its own number and 16 times the whole rows that it lies below the highest; a lane falls back by a column,
 * or by a row more, where the part of a pixel (`partX`, `partY`) that the first lane has to the right of its source, or the highest
 * below it, is less, or more, than what its limit says. Parts and limits are of 16 bits, less 32,768, since they are compared as
 * signed numbers.
 */
// @ts-ignore: decorator
@inline
export function sixteenPixels(
  at: usize,
  rowBytes: i32,
  partX: v128,
  partY: v128,
  places: v128,
  limitXLow: v128,
  limitXHigh: v128,
  limitYLow: v128,
  limitYHigh: v128,
): v128 {
  // all ones is -1
  const back = i8x16.narrow_i16x8_s(i16x8.lt_s(partX, limitXLow), i16x8.lt_s(partX, limitXHigh));
  const down = i8x16.narrow_i16x8_s(i16x8.gt_s(partY, limitYLow), i16x8.gt_s(partY, limitYHigh));
  const from = i8x16.add(i8x16.add(places, back), v128.and(down, i8x16.splat(16)));
  // a place beyond fifteen gives 0, so that each lane is found in one of the rows alone
  const a = i8x16.swizzle(v128.load(at), from);
  const b = i8x16.swizzle(v128.load(at + rowBytes), v128.xor(from, i8x16.splat(16)));
  const c = i8x16.swizzle(v128.load(at + 2 * rowBytes), v128.xor(from, i8x16.splat(32)));
  const d = i8x16.swizzle(v128.load(at + 3 * rowBytes), v128.xor(from, i8x16.splat(48)));
  return v128.or(v128.or(a, b), v128.or(c, d));
}

/**
 * Appends those of the low eight pixels that `mask` names, the first of which is number `first`: offset of the row, shifted
 * value. Returns the end; up to eight entries are written behind it.
 */
// @ts-ignore: decorator
@inline
export function compact(table: usize, scale: v128, pixels: v128, mask: i32, first: i32, stride: i32, at: usize): usize {
  const lanes = v128.load64_zero(table + (mask << 3));
  const numbers = i16x8.extend_low_i8x16_u(lanes);
  const values = i16x8.extend_low_i8x16_u(i8x16.swizzle(pixels, lanes));
  const strides = i32x4.splat(stride);
  const firsts = i32x4.splat(first);
  const offsetsA = i32x4.mul(i32x4.add(i32x4.extend_low_i16x8_u(numbers), firsts), strides);
  const offsetsB = i32x4.mul(i32x4.add(i32x4.extend_high_i16x8_u(numbers), firsts), strides);
  const valuesA = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(values)), scale);
  const valuesB = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(values)), scale);
  v128.store(at, v128.shuffle<u32>(offsetsA, valuesA, 0, 4, 1, 5));
  v128.store(at, v128.shuffle<u32>(offsetsA, valuesA, 2, 6, 3, 7), 16);
  v128.store(at, v128.shuffle<u32>(offsetsB, valuesB, 0, 4, 1, 5), 32);
  v128.store(at, v128.shuffle<u32>(offsetsB, valuesB, 2, 6, 3, 7), 48);
  return at + (popcnt(mask) << 3);
}

/** The first, or the last, eight bytes of both, taken in turn. */
// @ts-ignore: decorator
@inline
export function lowBytes(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

// @ts-ignore: decorator
@inline
export function highBytes(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/**
 * Appends those of the low eight pixels that `mask` names: the sample's slot (u16) at `to`, ENTRY_BYTES further on the pixel
 * (u16). Up to eight are written behind the end.
 */
// @ts-ignore: decorator
@inline
export function pickEight(table: usize, pixels: v128, mask: i32, slot: i32, to: usize): usize {
  const lanes = v128.load64_zero(table + (mask << 3));
  v128.store(to, i16x8.add(i16x8.extend_low_i8x16_u(lanes), i16x8.splat(<i16>slot)));
  v128.store(to, i16x8.extend_low_i8x16_u(i8x16.swizzle(pixels, lanes)), ENTRY_BYTES);
  return to + (popcnt(mask) << 1);
}

/** The numbers of those of four lanes that `mask` names, one after the other, and 0 behind them. */
// @ts-ignore: decorator
@inline
export function lanesOf(table: usize, mask: i32): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(table + (mask << 3))));
}

/** The lanes of float32 or words that `lanes` numbers. */
// @ts-ignore: decorator
@inline
export function picked(values: v128, lanes: v128): v128 {
  return i8x16.swizzle(values, i32x4.add(i32x4.mul(lanes, i32x4.splat(0x04040404)), i32x4.splat(0x03020100)));
}

/**
 * Appends the samples of the tile from `slot` on whose input is not 0, NaN as well: at `at` goes the offset of the sample's
 * delta, ENTRY_BYTES further on the value. Up to four entries are written behind the end.
 */
// @ts-ignore: decorator
@inline
export function listFloats(table: usize, place: usize, slot: i32, stride: i32, at: usize): usize {
  const strides = i32x4.splat(stride);
  let offsets = i32x4.splat(slot * stride);
  for (let i = 0; i < 64; i += 16) {
    const values = v128.load(place + i);
    const mask = i32x4.bitmask(i32x4.ne(values, i32x4.splat(0)));
    const lanes = lanesOf(table, mask);
    v128.store(at, i32x4.add(i32x4.mul(lanes, strides), offsets));
    v128.store(at, picked(values, lanes), ENTRY_BYTES);
    at += popcnt(mask) << 2;
    offsets = i32x4.add(offsets, i32x4.shl(strides, 2));
  }
  return at;
}

/** Sums group `group` of the first layer's rows, for the shifted bias (shifted-input.ts). */
// @ts-ignore: decorator
@inline
export function sumGroup(run: Run, parameters: usize, partials: usize, group: i32): void {
  const layer = layerOf(run, 0);
  sumOfRows(
    parameters + layer.offset, (layer.inputs * group) / ROW_GROUPS, (layer.inputs * (group + 1)) / ROW_GROUPS, layer.stride,
    partials + group * layer.stride,
  );
}

/** Moments smaller than this become 0: they would become subnormal, and subnormal arithmetic is slow. */
const TINY: f32 = 1e-30;

/** m = beta1 m + (1 - beta1) g. */
// @ts-ignore: decorator
@inline
export function firstMoment(m: v128, g: v128, beta1: v128, oneMinusBeta1: v128): v128 {
  const moment = f32x4.add(f32x4.mul(beta1, m), f32x4.mul(oneMinusBeta1, g));
  return v128.andnot(moment, f32x4.lt(f32x4.abs(moment), f32x4.splat(TINY)));
}

/** v = beta2 v + (1 - beta2) g^2. */
// @ts-ignore: decorator
@inline
export function secondMoment(v: v128, g: v128, beta2: v128, oneMinusBeta2: v128): v128 {
  const moment = f32x4.add(f32x4.mul(beta2, v), f32x4.mul(oneMinusBeta2, f32x4.mul(g, g)));
  return v128.andnot(moment, f32x4.lt(moment, f32x4.splat(TINY)));
}

/** p = keep p - stepSize m / (sqrt(v) inverseSqrtBias2 + epsilon). */
// @ts-ignore: decorator
@inline
export function stepped(p: v128, m: v128, v: v128, stepSize: v128, inverseSqrtBias2: v128, epsilon: v128, keep: v128): v128 {
  const step = f32x4.div(f32x4.mul(stepSize, m), f32x4.add(f32x4.mul(f32x4.sqrt(v), inverseSqrtBias2), epsilon));
  return f32x4.sub(f32x4.mul(p, keep), step);
}

/** In 16.16 fixed point, as Pillow rounds. */
// @ts-ignore: decorator
@inline
export function fixed(value: f64): i32 {
  return <i32>floor(value * 65536.0 + 0.5);
}

// @ts-ignore: decorator
@inline
export function round15(value: f64): f64 {
  return nearest(value * 1e15) / 1e15;
}
