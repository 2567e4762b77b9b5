// The rows of a pass's gradient, any of them by any worker: the samples that touch a row are listed from what their chunks
// left (Store); then the row is summed in registers, shard by shard, and the shards are added along the canonical tree before
// the row is written once. So a row costs no clearing, and no reading and writing for every sample.

import { layerOf, listBytes, listFloats, storeOf } from './inlined';
import { CHUNK, ENTRY_BYTES, LayerStore, Run, Scratch, Store } from './structs';

/** Bytes of a step: where its entries end, how many rows it merges, and where its sum goes. */
const STEP_BYTES: usize = 12;

// Where the steps of the row at hand end. Globals belong to the instance, and so to one thread.
let stepsEnd: usize = 0;

/** Appends the entries of a chunk of `count` samples for row `row`: the bias' row, behind the inputs, is touched by all. */
function listChunk(
  run: Run,
  own: LayerStore,
  inputs: i32,
  stride: i32,
  chunk: i32,
  row: i32,
  count: i32,
  isFirst: bool,
  at: usize,
): usize {
  const slot = chunk * CHUNK;
  if (row === inputs) {
    for (let i = 0; i < count; i++) {
      store<u32>(at, (slot + i) * stride);
      store<f32>(at + ENTRY_BYTES, 1);
      at += 4;
    }
    return at;
  }
  const place = own.inputs + (((chunk * inputs + row) * CHUNK) << (isFirst ? 0 : 2));
  return isFirst
    ? listBytes(run.compaction, place, slot, stride, at)
    : listFloats(place, slot, stride, at);
}

/**
 * Lists row `row` of layer `l` for the pass at hand, and what is to be done for it: for each of `shards` shards of
 * `shardChunks` chunks the sum of its entries, then the left siblings that it merges. A shard that does not touch the row is
 * the zero node, and is skipped: adding it would change no bit. The last one's sum goes to `target`, after it has also merged
 * the rows of `pendingCount` vectors that stand at `pending` + `rowAt`, one for each level.
 */
function listRow(
  run: Run,
  scratch: Scratch,
  kept: Store,
  l: i32,
  row: i32,
  shards: i32,
  shardChunks: i32,
  pending: usize,
  pendingCount: i32,
  rowAt: usize,
  target: usize,
): void {
  const layer = layerOf(run, l);
  const own = storeOf(kept, l);
  const stride = layer.stride;
  const nodes = scratch.reduceNodes;
  let at = scratch.entries;
  let step = scratch.steps;
  let merge = scratch.merges;
  let chunk = 0;
  for (let j = 0; j < shards; j++) {
    const start = at;
    for (let c = 0; c < shardChunks; c++) {
      at = listChunk(run, own, layer.inputs, stride, chunk, row, load<i32>(kept.counts + (chunk << 2)), l === 0, at);
      chunk++;
    }
    // in pairs: 0 times what the row already has changes no bit of it
    if ((at - start) & 4) {
      store<u32>(at, load<u32>(at - 4));
      store<f32>(at + ENTRY_BYTES, 0);
      at += 4;
    }
    const last = j === shards - 1;
    const firstMerge = merge;
    let level = 0;
    for (let bits = j; bits & 1; bits >>= 1) {
      const left = load<u32>(nodes + (level << 2));
      store<u32>(merge, left);
      merge += <usize>i32(left !== 0) << 2;
      level++;
    }
    if (last) {
      for (let p = 0; p < pendingCount; p++) {
        store<u32>(merge, <u32>(pending + p * run.vectorBytes + rowAt));
        merge += 4;
      }
    }
    const merges = <i32>((merge - firstMerge) >> 2);
    let result: usize = 0;
    if (last || at > start || merges > 1) {
      result = last ? target : scratch.treeStack + j * stride;
      store<u32>(step, <u32>at);
      store<i32>(step, merges, 4);
      store<u32>(step, <u32>result, 8);
      step += STEP_BYTES;
    } else if (merges === 1) {
      result = load<u32>(firstMerge);
      merge = firstMerge;
    }
    store<u32>(nodes + (level << 2), <u32>result);
  }
  stepsEnd = step;
}

/** Carries out the steps, twenty-eight columns at a time; the first step's sum begins with the row at `from`. */
function sumSteps(scratch: Scratch, deltas: usize, stride: i32, from: usize): void {
  const end = stepsEnd;
  let column = 0;
  for (; column + 112 <= stride; column += 112) {
    const columnDeltas = deltas + column;
    let entry = scratch.entries;
    let merge = scratch.merges;
    let start = from + column;
    for (let step = scratch.steps; step < end; step += STEP_BYTES) {
      let s0 = v128.load(start);
      let s1 = v128.load(start, 16);
      let s2 = v128.load(start, 32);
      let s3 = v128.load(start, 48);
      let s4 = v128.load(start, 64);
      let s5 = v128.load(start, 80);
      let s6 = v128.load(start, 96);
      const entryEnd = <usize>load<u32>(step);
      for (; entry < entryEnd; entry += 4) {
        const delta = columnDeltas + load<u32>(entry);
        const value = v128.load32_splat(entry, ENTRY_BYTES);
        s0 = f32x4.add(s0, f32x4.mul(value, v128.load(delta)));
        s1 = f32x4.add(s1, f32x4.mul(value, v128.load(delta, 16)));
        s2 = f32x4.add(s2, f32x4.mul(value, v128.load(delta, 32)));
        s3 = f32x4.add(s3, f32x4.mul(value, v128.load(delta, 48)));
        s4 = f32x4.add(s4, f32x4.mul(value, v128.load(delta, 64)));
        s5 = f32x4.add(s5, f32x4.mul(value, v128.load(delta, 80)));
        s6 = f32x4.add(s6, f32x4.mul(value, v128.load(delta, 96)));
      }
      for (const mergeEnd = merge + (<usize>load<i32>(step, 4) << 2); merge < mergeEnd; merge += 4) {
        const left = <usize>load<u32>(merge) + column;
        s0 = f32x4.add(v128.load(left), s0);
        s1 = f32x4.add(v128.load(left, 16), s1);
        s2 = f32x4.add(v128.load(left, 32), s2);
        s3 = f32x4.add(v128.load(left, 48), s3);
        s4 = f32x4.add(v128.load(left, 64), s4);
        s5 = f32x4.add(v128.load(left, 80), s5);
        s6 = f32x4.add(v128.load(left, 96), s6);
      }
      const result = <usize>load<u32>(step, 8) + column;
      v128.store(result, s0);
      v128.store(result, s1, 16);
      v128.store(result, s2, 32);
      v128.store(result, s3, 48);
      v128.store(result, s4, 64);
      v128.store(result, s5, 80);
      v128.store(result, s6, 96);
      start = scratch.zeros + column;
    }
  }
  for (; column + 64 <= stride; column += 64) {
    const columnDeltas = deltas + column;
    let entry = scratch.entries;
    let merge = scratch.merges;
    let start = from + column;
    for (let step = scratch.steps; step < end; step += STEP_BYTES) {
      let s0 = v128.load(start);
      let s1 = v128.load(start, 16);
      let s2 = v128.load(start, 32);
      let s3 = v128.load(start, 48);
      const entryEnd = <usize>load<u32>(step);
      for (; entry < entryEnd; entry += 4) {
        const delta = columnDeltas + load<u32>(entry);
        const value = v128.load32_splat(entry, ENTRY_BYTES);
        s0 = f32x4.add(s0, f32x4.mul(value, v128.load(delta)));
        s1 = f32x4.add(s1, f32x4.mul(value, v128.load(delta, 16)));
        s2 = f32x4.add(s2, f32x4.mul(value, v128.load(delta, 32)));
        s3 = f32x4.add(s3, f32x4.mul(value, v128.load(delta, 48)));
      }
      for (const mergeEnd = merge + (<usize>load<i32>(step, 4) << 2); merge < mergeEnd; merge += 4) {
        const left = <usize>load<u32>(merge) + column;
        s0 = f32x4.add(v128.load(left), s0);
        s1 = f32x4.add(v128.load(left, 16), s1);
        s2 = f32x4.add(v128.load(left, 32), s2);
        s3 = f32x4.add(v128.load(left, 48), s3);
      }
      const result = <usize>load<u32>(step, 8) + column;
      v128.store(result, s0);
      v128.store(result, s1, 16);
      v128.store(result, s2, 32);
      v128.store(result, s3, 48);
      start = scratch.zeros + column;
    }
  }
  for (; column < stride; column += 16) {
    let entry = scratch.entries;
    let merge = scratch.merges;
    let start = from + column;
    for (let step = scratch.steps; step < end; step += STEP_BYTES) {
      let sum = v128.load(start);
      const entryEnd = <usize>load<u32>(step);
      for (; entry < entryEnd; entry += 4) {
        const delta = deltas + column + load<u32>(entry);
        sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(entry, ENTRY_BYTES), v128.load(delta)));
      }
      for (const mergeEnd = merge + (<usize>load<i32>(step, 4) << 2); merge < mergeEnd; merge += 4) {
        sum = f32x4.add(v128.load(<usize>load<u32>(merge) + column), sum);
      }
      v128.store(<usize>load<u32>(step, 8) + column, sum);
      start = scratch.zeros + column;
    }
  }
}

/**
 * Row `row` of layer `l`, whose place in a vector is `rowAt`: the sum over the pass' shards, from the row at `from` on, and over
 * the pending vectors, to `target`. The arguments are those of listRow.
 */
export function sumRow(
  run: Run,
  scratch: Scratch,
  kept: Store,
  l: i32,
  row: i32,
  shards: i32,
  shardChunks: i32,
  pendingCount: i32,
  rowAt: usize,
  from: usize,
  target: usize,
): void {
  listRow(run, scratch, kept, l, row, shards, shardChunks, kept.pending, pendingCount, rowAt, target);
  sumSteps(scratch, storeOf(kept, l).deltas, layerOf(run, l).stride, from);
}
