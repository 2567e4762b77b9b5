// Which samples touch a row, from what their tiles left (Store): the offset of the delta and the value of each, in the order of
// the samples, ENTRY_BYTES apart from each other.

import { layerOf, listFloats, pickEight, storeOf } from './inlined';
import { ENTRY_BYTES, LayerStore, Run, Scratch, STEP_BYTES, Store, TILE } from './structs';

/** Appends the entries of a shard's tiles [first, end) for row `row` of a hidden layer. */
function listFloatTiles(
  table: usize,
  own: LayerStore,
  inputs: i32,
  pitch: i32,
  first: i32,
  end: i32,
  row: i32,
  at: usize,
): usize {
  for (let tile = first; tile < end; tile++) {
    at = listFloats(table, own.inputs + (((tile * inputs + row) * TILE) << 2), tile * TILE, pitch, at);
  }
  return at;
}

/** The same of the bias' row, which is touched by all of the samples. */
function listBiasTiles(kept: Store, pitch: i32, first: i32, end: i32, at: usize): usize {
  for (let tile = first; tile < end; tile++) {
    const count = load<i32>(kept.counts + (tile << 2));
    for (let i = 0; i < count; i++) {
      store<u32>(at, (tile * TILE + i) * pitch);
      store<f32>(at + ENTRY_BYTES, 1);
      at += 4;
    }
  }
  return at;
}

/**
 * The place among the first layer's deltas, behind those of all samples, of the sum of tile `tile`'s. It is kept where a shard is one
 * tile: there it is the shard's part of the bias' row, which each slice needs.
 */
export function tileSumSlot(run: Run, tile: i32): i32 {
  return run.passShards * TILE + tile;
}

/** Appends the entry of a shard of one tile for the bias' row of the first layer. */
function listTileSum(run: Run, kept: Store, pitch: i32, tile: i32, at: usize): usize {
  if (load<i32>(kept.counts + (tile << 2)) === 0) return at;
  store<u32>(at, tileSumSlot(run, tile) * pitch);
  store<f32>(at + ENTRY_BYTES, 1);
  return at + 4;
}

/** Picks the samples of a shard's tiles [first, end) whose pixel of row `row` is not 0: slots and pixels, at `to`. */
function pickPixelTiles(run: Run, own: LayerStore, inputs: i32, first: i32, end: i32, row: i32, to: usize): usize {
  const table = run.compaction;
  const step = inputs * TILE;
  let place = own.inputs + first * step + row * TILE;
  for (let tile = first; tile < end; tile++) {
    const pixels = v128.load(place);
    const mask = 0xffff ^ i8x16.bitmask(i8x16.eq(pixels, i8x16.splat(0)));
    const slot = tile * TILE;
    to = pickEight(table, pixels, mask & 255, slot, to);
    to = pickEight(table, v128.shuffle<u64>(pixels, pixels, 1, 1), mask >> 8, slot + 8, to);
    place += step;
  }
  return to;
}

/** Makes entries, at `at`, of what was picked. */
function listPicked(picked: usize, pickedEnd: usize, pitch: i32, scaleOfRun: f32, at: usize): void {
  const pitches = i32x4.splat(pitch);
  const scale = f32x4.splat(scaleOfRun);
  for (; picked < pickedEnd; picked += 16, at += 32) {
    const slots = v128.load(picked);
    const pixels = v128.load(picked, ENTRY_BYTES);
    v128.store(at, i32x4.mul(i32x4.extend_low_i16x8_u(slots), pitches));
    v128.store(at, i32x4.mul(i32x4.extend_high_i16x8_u(slots), pitches), 16);
    v128.store(at, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(pixels)), scale), ENTRY_BYTES);
    v128.store(at, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(pixels)), scale), ENTRY_BYTES + 16);
  }
}

/** Lists row `row` of layer `l` for the pass at hand, shard by shard, whose ends stand at the steps then (row-sums.ts). */
export function listRow(run: Run, scratch: Scratch, kept: Store, l: i32, row: i32, shards: i32, shardTiles: i32): void {
  const layer = layerOf(run, l);
  const own = storeOf(kept, l);
  const inputs = layer.inputs;
  const pitch = own.pitch;
  const entries = scratch.entries;
  let step = scratch.steps;
  const tiles = shards * shardTiles;
  if (l === 0 && row < inputs) {
    const picked = scratch.picked;
    let to = picked;
    for (let tile = 0; tile < tiles; tile += shardTiles, step += STEP_BYTES) {
      to = pickPixelTiles(run, own, inputs, tile, tile + shardTiles, row, to);
      store<u32>(step, <u32>(entries + ((to - picked) << 1)));
    }
    listPicked(picked, to, pitch, run.scale, entries);
    return;
  }
  let at = entries;
  for (let tile = 0; tile < tiles; tile += shardTiles, step += STEP_BYTES) {
    const end = tile + shardTiles;
    if (row < inputs) at = listFloatTiles(run.compaction, own, inputs, pitch, tile, end, row, at);
    else if (l === 0 && run.shardTiles === 1) at = listTileSum(run, kept, pitch, tile, at);
    else at = listBiasTiles(kept, pitch, tile, end, at);
    store<u32>(step, <u32>at);
  }
}
