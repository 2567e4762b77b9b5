// The rows of a pass's gradient, any of them by any worker: the samples that touch a row are listed from what their tiles
// left (Store); then the row is summed in registers, shard by shard, and the shards are added along the canonical tree before
// the row is written once. So a row costs no clearing, and no reading and writing for every sample.

import { columnsEnd, layerOf, storeOf } from './inlined';
import { listRow } from './row-entries';
import { COLUMNS_BYTES, ENTRY_BYTES, Run, Scratch, STEP_BYTES, Store, WIDE } from './structs';

// Where the steps of the row at hand end. Globals belong to the instance, and so to one thread.
let stepsEnd: usize = 0;

/** Appends the left siblings that shard `j` merges, of those that touch the row. Returns the end. */
function listSiblings(nodes: usize, j: i32, merge: usize): usize {
  for (let bits = j; bits & 1; bits >>= 1, nodes += 4) {
    const left = load<u32>(nodes);
    store<u32>(merge, left);
    merge += (<usize>i32(left !== 0)) << 2;
  }
  return merge;
}

/**
 * Completes the steps of the row that was listed: behind the end of its entries each shard has the left siblings that it merges,
 * and where its sum goes. A shard that does not touch the row is the zero node, and is skipped: adding it would change no bit.
 * The last one's sum goes to `target`, after it has also merged the rows of `pendingCount` vectors that stand at `pending`, one
 * for each level, `vectorBytes` apart.
 */
function planRow(
  scratch: Scratch,
  stride: i32,
  shards: i32,
  pending: usize,
  pendingCount: i32,
  vectorBytes: i32,
  target: usize,
): void {
  const nodes = scratch.reduceNodes;
  let start = <u32>scratch.entries;
  let step = scratch.steps;
  let merge = scratch.merges;
  const last = shards - 1;
  for (let j = 0; j < last; j++) {
    const end = load<u32>(scratch.steps + j * STEP_BYTES);
    const firstMerge = merge;
    merge = listSiblings(nodes, j, merge);
    const merges = <i32>((merge - firstMerge) >> 2);
    let result: usize = 0;
    if (end !== start || merges > 1) {
      result = scratch.treeStack + j * stride;
      store<u32>(step, end);
      store<u32>(step, <u32>merge, 4);
      store<u32>(step, <u32>result, 8);
      step += STEP_BYTES;
      start = end;
    } else if (merges === 1) {
      result = load<u32>(firstMerge);
      merge = firstMerge;
    }
    store<u32>(nodes + (ctz(~j) << 2), <u32>result);
  }
  const end = load<u32>(scratch.steps + last * STEP_BYTES);
  merge = listSiblings(nodes, last, merge);
  for (let p = 0; p < pendingCount; p++) {
    store<u32>(merge, <u32>(pending + p * vectorBytes));
    merge += 4;
  }
  store<u32>(step, end);
  store<u32>(step, <u32>merge, 4);
  store<u32>(step, <u32>target, 8);
  stepsEnd = step + STEP_BYTES;
}

/**
 * target = the row at `from`, plus the sum of value * delta over the entries [entries, entriesEnd), plus the rows whose
 * addresses stand at [merges, mergesEnd). COLUMNS_BYTES of columns stay in registers. The columns are
 * the inner loop: how many entries a shard has cannot be predicted, but that it has as many as for the columns before, can.
 */
function sumEntries(
  entries: usize,
  entriesEnd: usize,
  merges: usize,
  mergesEnd: usize,
  deltas: usize,
  stride: i32,
  from: usize,
  target: usize,
): void {
  let column = 0;
  const blocksEnd = columnsEnd(stride);
  for (; column < blocksEnd; column += COLUMNS_BYTES) {
    const columnDeltas = deltas + column;
    const start = from + column;
    let s0 = v128.load(start);
    let s1 = v128.load(start, 16);
    let s2 = v128.load(start, 32);
    let s3 = v128.load(start, 48);
    let s4 = v128.load(start, 64);
    let s5 = v128.load(start, 80);
    let s6 = v128.load(start, 96);
    let s7 = WIDE ? v128.load(start, 112) : s6;
    for (let entry = entries; entry < entriesEnd; entry += 4) {
      const delta = columnDeltas + load<u32>(entry);
      const value = v128.load32_splat(entry, ENTRY_BYTES);
      s0 = f32x4.add(s0, f32x4.mul(value, v128.load(delta)));
      s1 = f32x4.add(s1, f32x4.mul(value, v128.load(delta, 16)));
      s2 = f32x4.add(s2, f32x4.mul(value, v128.load(delta, 32)));
      s3 = f32x4.add(s3, f32x4.mul(value, v128.load(delta, 48)));
      s4 = f32x4.add(s4, f32x4.mul(value, v128.load(delta, 64)));
      s5 = f32x4.add(s5, f32x4.mul(value, v128.load(delta, 80)));
      s6 = f32x4.add(s6, f32x4.mul(value, v128.load(delta, 96)));
      if (WIDE) s7 = f32x4.add(s7, f32x4.mul(value, v128.load(delta, 112)));
    }
    for (let merge = merges; merge < mergesEnd; merge += 4) {
      const left = <usize>load<u32>(merge) + column;
      s0 = f32x4.add(v128.load(left), s0);
      s1 = f32x4.add(v128.load(left, 16), s1);
      s2 = f32x4.add(v128.load(left, 32), s2);
      s3 = f32x4.add(v128.load(left, 48), s3);
      s4 = f32x4.add(v128.load(left, 64), s4);
      s5 = f32x4.add(v128.load(left, 80), s5);
      s6 = f32x4.add(v128.load(left, 96), s6);
      if (WIDE) s7 = f32x4.add(v128.load(left, 112), s7);
    }
    const result = target + column;
    v128.store(result, s0);
    v128.store(result, s1, 16);
    v128.store(result, s2, 32);
    v128.store(result, s3, 48);
    v128.store(result, s4, 64);
    v128.store(result, s5, 80);
    v128.store(result, s6, 96);
    if (WIDE) v128.store(result, s7, 112);
  }
  for (; column + 64 <= stride; column += 64) {
    const columnDeltas = deltas + column;
    const start = from + column;
    let s0 = v128.load(start);
    let s1 = v128.load(start, 16);
    let s2 = v128.load(start, 32);
    let s3 = v128.load(start, 48);
    for (let entry = entries; entry < entriesEnd; entry += 4) {
      const delta = columnDeltas + load<u32>(entry);
      const value = v128.load32_splat(entry, ENTRY_BYTES);
      s0 = f32x4.add(s0, f32x4.mul(value, v128.load(delta)));
      s1 = f32x4.add(s1, f32x4.mul(value, v128.load(delta, 16)));
      s2 = f32x4.add(s2, f32x4.mul(value, v128.load(delta, 32)));
      s3 = f32x4.add(s3, f32x4.mul(value, v128.load(delta, 48)));
    }
    for (let merge = merges; merge < mergesEnd; merge += 4) {
      const left = <usize>load<u32>(merge) + column;
      s0 = f32x4.add(v128.load(left), s0);
      s1 = f32x4.add(v128.load(left, 16), s1);
      s2 = f32x4.add(v128.load(left, 32), s2);
      s3 = f32x4.add(v128.load(left, 48), s3);
    }
    const result = target + column;
    v128.store(result, s0);
    v128.store(result, s1, 16);
    v128.store(result, s2, 32);
    v128.store(result, s3, 48);
  }
  for (; column + 48 <= stride; column += 48) {
    const columnDeltas = deltas + column;
    const start = from + column;
    let s0 = v128.load(start);
    let s1 = v128.load(start, 16);
    let s2 = v128.load(start, 32);
    for (let entry = entries; entry < entriesEnd; entry += 4) {
      const delta = columnDeltas + load<u32>(entry);
      const value = v128.load32_splat(entry, ENTRY_BYTES);
      s0 = f32x4.add(s0, f32x4.mul(value, v128.load(delta)));
      s1 = f32x4.add(s1, f32x4.mul(value, v128.load(delta, 16)));
      s2 = f32x4.add(s2, f32x4.mul(value, v128.load(delta, 32)));
    }
    for (let merge = merges; merge < mergesEnd; merge += 4) {
      const left = <usize>load<u32>(merge) + column;
      s0 = f32x4.add(v128.load(left), s0);
      s1 = f32x4.add(v128.load(left, 16), s1);
      s2 = f32x4.add(v128.load(left, 32), s2);
    }
    const result = target + column;
    v128.store(result, s0);
    v128.store(result, s1, 16);
    v128.store(result, s2, 32);
  }
  for (; column < stride; column += 16) {
    const columnDeltas = deltas + column;
    const start = from + column;
    let s0 = v128.load(start);
    for (let entry = entries; entry < entriesEnd; entry += 4) {
      const delta = columnDeltas + load<u32>(entry);
      const value = v128.load32_splat(entry, ENTRY_BYTES);
      s0 = f32x4.add(s0, f32x4.mul(value, v128.load(delta)));
    }
    for (let merge = merges; merge < mergesEnd; merge += 4) {
      const left = <usize>load<u32>(merge) + column;
      s0 = f32x4.add(v128.load(left), s0);
    }
    const result = target + column;
    v128.store(result, s0);
  }
}

/** Carries out the steps; the first one's sum begins with the row at `from`. */
function sumSteps(scratch: Scratch, deltas: usize, stride: i32, from: usize): void {
  const end = stepsEnd;
  let entry = scratch.entries;
  let merge = scratch.merges;
  let start = from;
  for (let step = scratch.steps; step < end; step += STEP_BYTES) {
    const entryEnd = <usize>load<u32>(step);
    const mergeEnd = <usize>load<u32>(step, 4);
    sumEntries(entry, entryEnd, merge, mergeEnd, deltas, stride, start, <usize>load<u32>(step, 8));
    entry = entryEnd;
    merge = mergeEnd;
    start = scratch.zeros;
  }
}

/**
 * Row `row` of layer `l`, whose place in a vector is `rowAt`: the sum over the pass' shards, from the row at `from` on, and over
 * `pendingCount` pending vectors, to `target`.
 */
export function sumRow(
  run: Run,
  scratch: Scratch,
  kept: Store,
  l: i32,
  row: i32,
  shards: i32,
  shardTiles: i32,
  pendingCount: i32,
  rowAt: usize,
  from: usize,
  target: usize,
): void {
  const stride = layerOf(run, l).stride;
  listRow(run, scratch, kept, l, row, shards, shardTiles);
  planRow(scratch, stride, shards, kept.pending + rowAt, pendingCount, run.vectorBytes, target);
  sumSteps(scratch, storeOf(kept, l).deltas, stride, from);
}
