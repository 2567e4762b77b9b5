// Which samples touch a row, from what their chunks left (Store): the offset of the delta and the value of each, in the order of
// the samples, ENTRY_BYTES apart from each other.

import { layerOf, listFloats, pickEight, storeOf } from './inlined';
import { CHUNK, ENTRY_BYTES, LayerStore, Run, SCALE, Scratch, STEP_BYTES, Store } from './structs';

/** Appends the entries of a shard's chunks [first, end) for row `row` of a hidden layer. */
function listFloatChunks(own: LayerStore, inputs: i32, stride: i32, first: i32, end: i32, row: i32, at: usize): usize {
  for (let chunk = first; chunk < end; chunk++) {
    at = listFloats(own.inputs + (((chunk * inputs + row) * CHUNK) << 2), chunk * CHUNK, stride, at);
  }
  return at;
}

/** The same of the bias' row, which is touched by all of the samples. */
function listBiasChunks(kept: Store, stride: i32, first: i32, end: i32, at: usize): usize {
  for (let chunk = first; chunk < end; chunk++) {
    const count = load<i32>(kept.counts + (chunk << 2));
    for (let i = 0; i < count; i++) {
      store<u32>(at, (chunk * CHUNK + i) * stride);
      store<f32>(at + ENTRY_BYTES, 1);
      at += 4;
    }
  }
  return at;
}

/** Picks the samples of a shard's chunks [first, end) whose pixel of row `row` is not 0: slots and pixels, at `to`. */
function pickPixelChunks(run: Run, own: LayerStore, inputs: i32, first: i32, end: i32, row: i32, to: usize): usize {
  const table = run.compaction;
  const step = inputs * CHUNK;
  let place = own.inputs + first * step + row * CHUNK;
  for (let chunk = first; chunk < end; chunk++) {
    const pixels = v128.load(place);
    const mask = 0xffff ^ i8x16.bitmask(i8x16.eq(pixels, i8x16.splat(0)));
    const slot = chunk * CHUNK;
    to = pickEight(table, pixels, mask & 255, slot, to);
    to = pickEight(table, v128.shuffle<u64>(pixels, pixels, 1, 1), mask >> 8, slot + 8, to);
    place += step;
  }
  return to;
}

/** Makes entries, at `at`, of what was picked. */
function listPicked(picked: usize, pickedEnd: usize, stride: i32, at: usize): void {
  const strides = i32x4.splat(stride);
  const scale = f32x4.splat(SCALE);
  for (; picked < pickedEnd; picked += 16, at += 32) {
    const slots = v128.load(picked);
    const pixels = v128.load(picked, ENTRY_BYTES);
    v128.store(at, i32x4.mul(i32x4.extend_low_i16x8_u(slots), strides));
    v128.store(at, i32x4.mul(i32x4.extend_high_i16x8_u(slots), strides), 16);
    v128.store(at, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(pixels)), scale), ENTRY_BYTES);
    v128.store(at, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(pixels)), scale), ENTRY_BYTES + 16);
  }
}

/** Lists row `row` of layer `l` for the pass at hand, shard by shard, whose ends stand at the steps then (row-sums.ts). */
export function listRow(
  run: Run,
  scratch: Scratch,
  kept: Store,
  l: i32,
  row: i32,
  shards: i32,
  shardChunks: i32,
): void {
  const layer = layerOf(run, l);
  const own = storeOf(kept, l);
  const inputs = layer.inputs;
  const stride = layer.stride;
  const entries = scratch.entries;
  let step = scratch.steps;
  const chunks = shards * shardChunks;
  if (l === 0 && row < inputs) {
    const picked = scratch.picked;
    let to = picked;
    for (let chunk = 0; chunk < chunks; chunk += shardChunks, step += STEP_BYTES) {
      to = pickPixelChunks(run, own, inputs, chunk, chunk + shardChunks, row, to);
      store<u32>(step, <u32>(entries + ((to - picked) << 1)));
    }
    listPicked(picked, to, stride, entries);
    return;
  }
  let at = entries;
  for (let chunk = 0; chunk < chunks; chunk += shardChunks, step += STEP_BYTES) {
    const end = chunk + shardChunks;
    at =
      row === inputs
        ? listBiasChunks(kept, stride, chunk, end, at)
        : listFloatChunks(own, inputs, stride, chunk, end, row, at);
    store<u32>(step, <u32>at);
  }
}
