// The rows of a pass's gradient: which samples touch a row is listed sample by sample; then each row is summed in registers,
// shard by shard, and the shards are added along the canonical tree before the row is written once. So a row costs no
// clearing, and no reading and writing for every sample.

import { layerOf, scratchOf } from './inlined';
import { Run, Scratch } from './structs';

/** Adds the sample at `slot` to the lists of the rows that it touches: the bias' row is touched by all. */
export function listRows(run: Run, scratch: Scratch, slot: i32): void {
  const passSize = run.passSize;
  for (let l = 0; l < run.layerCount; l++) {
    const layer = layerOf(run, l);
    const own = scratchOf(scratch, l);
    const offset = slot * layer.stride;
    const counts = own.rowCounts;
    const entries = own.rowEntries;
    const end = own.count << 2;
    for (let k = 0; k < end; k += 4) {
      const row = load<u32>(own.numbers + k);
      const counter = counts + (row << 2);
      const n = load<i32>(counter);
      const entry = entries + ((row * passSize + n) << 3);
      store<u32>(entry, offset);
      store<u32>(entry, load<u32>(own.values + k), 4);
      store<i32>(counter, n + 1);
    }
    const entry = entries + ((layer.inputs * passSize + slot) << 3);
    store<u32>(entry, offset);
    store<f32>(entry, 1, 4);
    store<i32>(counts + (layer.inputs << 2), slot + 1);
  }
}

/**
 * target = the sum of value * delta over the entries [entry, end), plus the rows whose addresses stand at `merges`, one
 * after the other. With `resume` the sum goes on from what stands at `target`. Blocked as layers.ts' affine is, for the
 * same reason.
 */
function sumRun(
  entry: usize,
  end: usize,
  deltas: usize,
  stride: i32,
  merges: usize,
  mergeCount: i32,
  target: usize,
  resume: bool,
): void {
  const zero = f32x4.splat(0);
  const mergesEnd = merges + (mergeCount << 2);
  const odd = (end - entry) & 8;
  let column = 0;
  for (; column + 64 <= stride; column += 64) {
    const columnDeltas = deltas + column;
    const result = target + column;
    let s0 = zero;
    let s1 = zero;
    let s2 = zero;
    let s3 = zero;
    if (resume) {
      s0 = v128.load(result);
      s1 = v128.load(result, 16);
      s2 = v128.load(result, 32);
      s3 = v128.load(result, 48);
    }
    if (odd) {
      const delta = columnDeltas + load<u32>(entry);
      const value = v128.load32_splat(entry, 4);
      s0 = f32x4.add(s0, f32x4.mul(value, v128.load(delta)));
      s1 = f32x4.add(s1, f32x4.mul(value, v128.load(delta, 16)));
      s2 = f32x4.add(s2, f32x4.mul(value, v128.load(delta, 32)));
      s3 = f32x4.add(s3, f32x4.mul(value, v128.load(delta, 48)));
    }
    for (let e = entry + odd; e < end; e += 16) {
      const deltaA = columnDeltas + load<u32>(e);
      const deltaB = columnDeltas + load<u32>(e, 8);
      const a = v128.load32_splat(e, 4);
      const b = v128.load32_splat(e, 12);
      s0 = f32x4.add(f32x4.add(s0, f32x4.mul(a, v128.load(deltaA))), f32x4.mul(b, v128.load(deltaB)));
      s1 = f32x4.add(f32x4.add(s1, f32x4.mul(a, v128.load(deltaA, 16))), f32x4.mul(b, v128.load(deltaB, 16)));
      s2 = f32x4.add(f32x4.add(s2, f32x4.mul(a, v128.load(deltaA, 32))), f32x4.mul(b, v128.load(deltaB, 32)));
      s3 = f32x4.add(f32x4.add(s3, f32x4.mul(a, v128.load(deltaA, 48))), f32x4.mul(b, v128.load(deltaB, 48)));
    }
    for (let m = merges; m < mergesEnd; m += 4) {
      const left = <usize>load<u32>(m) + column;
      s0 = f32x4.add(v128.load(left), s0);
      s1 = f32x4.add(v128.load(left, 16), s1);
      s2 = f32x4.add(v128.load(left, 32), s2);
      s3 = f32x4.add(v128.load(left, 48), s3);
    }
    v128.store(result, s0);
    v128.store(result, s1, 16);
    v128.store(result, s2, 32);
    v128.store(result, s3, 48);
  }
  for (; column < stride; column += 16) {
    let sum = resume ? v128.load(target + column) : zero;
    for (let e = entry; e < end; e += 8) {
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(e, 4), v128.load(deltas + column + load<u32>(e))));
    }
    for (let m = merges; m < mergesEnd; m += 4) sum = f32x4.add(v128.load(<usize>load<u32>(m) + column), sum);
    v128.store(target + column, sum);
  }
}

/**
 * One row of a layer's gradient: for each of `shards` shards (a power of two), whose samples end at the byte offsets at
 * `ends`, the sum of value * delta; the shards' sums are added in the canonical tree and stored at `target`.
 * A shard that does not touch the row is the zero node, and is skipped: adding it would change no bit.
 */
function sumRow(
  entries: usize,
  count: i32,
  deltas: usize,
  stride: i32,
  shards: i32,
  ends: usize,
  scratch: Scratch,
  target: usize,
): void {
  const entriesEnd = entries + (count << 3);
  // by level: the address of the left sibling that waits for its right one, 0 for a zero node
  const pending = scratch.reduceNodes;
  const merges = scratch.reduceNodes + 64;
  let entry = entries;
  for (let j = 0; j < shards; j++) {
    const shardEnd = load<u32>(ends + (j << 2));
    let end = entry;
    while (end < entriesEnd && load<u32>(end) < shardEnd) end += 8;
    let level = 0;
    let mergeCount = 0;
    for (let bits = j; bits & 1; bits >>= 1) {
      const left = load<u32>(pending + (level << 2));
      store<u32>(merges + (mergeCount << 2), left);
      mergeCount += i32(left !== 0);
      level++;
    }
    const last = j === shards - 1;
    let result: usize = 0;
    if (end > entry || mergeCount > 1 || (last && mergeCount > 0)) {
      result = last ? target : scratch.treeStack + j * stride;
      sumRun(entry, end, deltas, stride, merges, mergeCount, result, false);
    } else if (mergeCount === 1) {
      result = load<u32>(merges);
    }
    store<u32>(pending + (level << 2), <u32>result);
    entry = end;
  }
}

/** All rows of all layers, from the lists of the pass, into the vector at `target`. */
export function sumRows(run: Run, scratch: Scratch, shards: i32, target: usize, resume: bool): void {
  for (let l = 0; l < run.layerCount; l++) {
    const layer = layerOf(run, l);
    const own = scratchOf(scratch, l);
    const stride = layer.stride;
    const ends = scratch.shardEnd + ((l * run.shards) << 2);
    let row = target + layer.offset;
    for (let i = 0; i <= layer.inputs; i++) {
      const count = load<i32>(own.rowCounts + (i << 2));
      const entries = own.rowEntries + ((i * run.passSize) << 3);
      if (count > 0 && shards > 1) {
        sumRow(entries, count, own.deltas, stride, shards, ends, scratch, row);
      } else if (count > 0) {
        sumRun(entries, entries + (count << 3), own.deltas, stride, 0, 0, row, resume);
      } else if (!resume) {
        memory.fill(row, 0, stride);
      }
      row += stride;
    }
  }
}
