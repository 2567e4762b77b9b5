// A tile of samples through the network, forwards and backwards. Inputs of a layer are lists of what is not 0: about a fifth of
// the pixels, about half of the activations after ReLU. A layer takes all of the tile's samples, and each part of its weights
// that fits a cache serves all of them before the next does.

import { affineBlocked } from './blocked';
import { productsBlocked } from './blocked-back';
import { columnsEnd, dotLanes, lanesOf, layerOf, picked, scratchOf, storedInput, storeOf } from './inlined';
import { addInputs, listedInputs } from './listed';
import { COLUMNS_BYTES, Layer, LayerScratch, LONG_ROW_BYTES, Run, Scratch, SHARED_BYTES, Store, TILE } from './structs';

/** Bytes of columns that all samples take before any takes the next ones, and bytes of their rows that stay in the nearest cache. */
const PANEL_BYTES: i32 = 4 * COLUMNS_BYTES;
const NEAR_BYTES: i32 = 24576;

/**
 * For each of `count` samples: its row of sums, `pitch` bytes apart, = bias + sum over its listed inputs, in order, of value *
 * row. All samples take a part of their inputs before any takes the next one: the rows of a part, much the same ones for all, stay in
 * the first-level cache.
 */
function affine(
  weights: usize,
  bias: usize,
  stride: i32,
  inputs: LayerScratch,
  count: i32,
  sums: usize,
  pitch: i32,
): void {
  const blocksEnd = columnsEnd(stride);
  const listed = listedInputs(inputs, count);
  for (let first = 0; first < stride; ) {
    let last = first + PANEL_BYTES;
    if (last > blocksEnd || last + PANEL_BYTES / 2 > stride) last = stride;
    const parts = max(1, ((listed / max(1, count)) * (last - first)) / NEAR_BYTES);
    for (let part = 0; part < parts; part++) {
      for (let i = 0; i < count; i++) {
        const entries = inputs.entries + i * inputs.entryBytes;
        const inputCount = load<i32>(inputs.counts + (i << 2));
        const begin = entries + (((inputCount * part) / parts) << 3);
        const end = entries + (((inputCount * (part + 1)) / parts) << 3);
        const target = sums + i * pitch;
        addInputs(weights, begin, end, first, min(last, blocksEnd), last, part === 0 ? bias : target, target);
      }
    }
    first = last;
  }
}

/**
 * ReLU: lists what is above 0 for the next layer, as its sample `i`; its rows have `stride` bytes. NaN counts as above, so that
 * it is never hidden. Four at a time: up to four are written behind the end. With `kept` (0 = none) each value, or 0, also stands there, TILE values apart.
 */
function listPositive(
  table: usize,
  sums: usize,
  outputs: i32,
  next: LayerScratch,
  i: i32,
  stride: i32,
  kept: usize,
): void {
  const entries = next.entries + i * next.entryBytes;
  let entry = entries;
  let place = next.places + i * next.placeBytes;
  const end = outputs << 2;
  const four = end & ~15;
  const strides = i32x4.splat(stride);
  const zero = f32x4.splat(0);
  let o = 0;
  for (; o < four; o += 16) {
    const values = v128.load(sums + o);
    const positive = v128.not(f32x4.le(values, zero));
    const mask = i32x4.bitmask(positive);
    if (kept) {
      const clipped = v128.and(values, positive);
      const column = kept + (o << 4);
      v128.store_lane<u32>(column, clipped, 0);
      v128.store_lane<u32>(column, clipped, 1, TILE * 4);
      v128.store_lane<u32>(column, clipped, 2, TILE * 8);
      v128.store_lane<u32>(column, clipped, 3, TILE * 12);
    }
    const lanes = lanesOf(table, mask);
    const listed = picked(values, lanes);
    const numbers = i32x4.add(lanes, i32x4.splat(o >> 2));
    const offsets = i32x4.mul(numbers, strides);
    v128.store(entry, v128.shuffle<u32>(offsets, listed, 0, 4, 1, 5));
    v128.store(entry, v128.shuffle<u32>(offsets, listed, 2, 6, 3, 7), 16);
    v128.store(place, i32x4.shl(numbers, 2));
    entry += popcnt(mask) << 3;
    place += popcnt(mask) << 2;
  }
  for (; o < end; o += 4) {
    const value = load<f32>(sums + o);
    const positive = i32(!(value <= 0));
    store<u32>(entry, (o >> 2) * stride);
    store<f32>(entry, value, 4);
    store<u32>(place, o);
    if (kept) store<u32>(kept + (o << 4), load<u32>(sums + o) & -positive);
    entry += positive << 3;
    place += positive << 2;
  }
  store<i32>(next.counts + (i << 2), <i32>((entry - entries) >> 3));
}

/**
 * Forward through all layers, from the lists of `count` samples' inputs to the first layer. Their logits end in rows of
 * `scratch.sums`, `scratch.sumBytes` apart.
 * The first layer takes the shifted bias (`scratch.shiftedBias`), since its inputs are shifted. With `kept` each hidden
 * layer's outputs are also left there, in the samples' slots.
 */
export function forward(run: Run, scratch: Scratch, parameters: usize, count: i32, kept: Store | null): void {
  const last = run.layerCount - 1;
  const pitch = scratch.sumBytes;
  for (let l = 0; l <= last; l++) {
    const layer = layerOf(run, l);
    const weights = parameters + layer.offset;
    const bias = l === 0 ? scratch.shiftedBias : weights + layer.inputs * layer.stride;
    const inputs = scratchOf(scratch, l);
    if (layer.stride >= LONG_ROW_BYTES) {
      affineBlocked(scratch, weights, bias, layer, inputs, count, scratch.sums, pitch);
    } else {
      affine(weights, bias, layer.stride, inputs, count, scratch.sums, pitch);
    }
    if (l === last) break;
    const next = scratchOf(scratch, l + 1);
    const stride = layerOf(run, l + 1).stride;
    for (let i = 0; i < count; i++) {
      const column = kept ? storedInput(storeOf(kept, l + 1), layer.outputs, load<i32>(scratch.slots + (i << 2))) : 0;
      listPositive(run.compaction, scratch.sums + i * pitch, layer.outputs, next, i, stride, column);
    }
  }
}

/**
 * Backwards after `forward` and `startBackward` of all of the `count` samples of a group: leaves in the other layers' deltas
 * the gradient of the loss with respect to the layer's outputs before ReLU: W delta, masked by ReLU.
 */
export function backward(run: Run, scratch: Scratch, kept: Store, parameters: usize, count: i32): void {
  for (let l = run.layerCount - 1; l > 0; l--) {
    const layer = layerOf(run, l);
    const own = storeOf(kept, l);
    const before = storeOf(kept, l - 1);
    for (let i = 0; i < count; i++) {
      memory.fill(before.deltas + load<i32>(scratch.slots + (i << 2)) * before.pitch, 0, before.pitch);
    }
    const inputs = scratchOf(scratch, l);
    const weights = parameters + layer.offset;
    if (layer.stride >= LONG_ROW_BYTES) {
      productsBlocked(scratch, layer, weights, inputs, count, own.deltas, own.pitch, before.deltas, before.pitch);
      continue;
    }
    const rowsAtOnce = max(4, SHARED_BYTES / layer.stride);
    memory.fill(inputs.done, 0, count << 2);
    for (let row = 0; row < layer.inputs; row += rowsAtOnce) {
      const end = min(layer.inputs, row + rowsAtOnce);
      for (let i = 0; i < count; i++) {
        const slot = load<i32>(scratch.slots + (i << 2));
        products(inputs, i, end, layer, weights, own.deltas + slot * own.pitch, before.deltas + slot * before.pitch);
      }
    }
  }
}

/** For each listed input of sample `i` before input `end`, and not done, the product of its row and `delta`, at its place. */
function products(
  inputs: LayerScratch,
  i: i32,
  end: i32,
  layer: Layer,
  weights: usize,
  delta: usize,
  target: usize,
): void {
  const stride = layer.stride;
  const entries = inputs.entries + i * inputs.entryBytes;
  const places = inputs.places + i * inputs.placeBytes;
  let k = load<i32>(inputs.done + (i << 2));
  let count = load<i32>(inputs.counts + (i << 2));
  if (end < layer.inputs) {
    let until = k;
    while (until < count && load<i32>(places + (until << 2)) < end << 2) until++;
    count = until;
    store<i32>(inputs.done + (i << 2), count);
  }
  for (; k + 4 <= count; k += 4) {
    const entry = entries + (k << 3);
    const place = places + (k << 2);
    const a = dotLanes(weights + load<u32>(entry), delta, stride);
    const b = dotLanes(weights + load<u32>(entry, 8), delta, stride);
    const c = dotLanes(weights + load<u32>(entry, 16), delta, stride);
    const d = dotLanes(weights + load<u32>(entry, 24), delta, stride);
    // the same sums of lanes as below: (0 + 1) + (2 + 3)
    const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 2, 6), v128.shuffle<f32>(a, b, 1, 5, 3, 7));
    const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 2, 6), v128.shuffle<f32>(c, d, 1, 5, 3, 7));
    const sums = f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
    v128.store_lane<f32>(target + load<u32>(place), sums, 0);
    v128.store_lane<f32>(target + load<u32>(place, 4), sums, 1);
    v128.store_lane<f32>(target + load<u32>(place, 8), sums, 2);
    v128.store_lane<f32>(target + load<u32>(place, 12), sums, 3);
  }
  for (; k < count; k++) {
    const sum = dotLanes(weights + load<u32>(entries + (k << 3)), delta, stride);
    const low = f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1);
    const high = f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
    store<f32>(target + load<u32>(places + (k << 2)), low + high);
  }
}
