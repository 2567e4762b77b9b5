// From samples to a tree node. A pass takes up to `passSize` samples through the network and keeps their deltas; then each
// row of each layer's gradient is summed in registers, shard by shard, and the shards are added along the canonical tree
// before the row is written once. So a row costs no clearing, and no reading and writing for every sample.
// The bits are those of: a sum from +0 over a shard's samples in order, then the tree over shards.

import { listAugmented, listPixels } from './augment';
import { backward, forward, layerOf, lossOf, scratchOf, storeOutcome } from './layers';
import { Run, Scratch } from './structs';
import { add } from './vectors';

const AUGMENT_TRAINING: u32 = 4;

/** First position of a shard within a batch of `count` samples (src/data/sampler.ts, shardStart). */
// @ts-ignore: decorator
@inline
function shardStart(count: i32, shards: i32, shard: i32): i32 {
  return <i32>((<u64>count * shard) / shards);
}

/** Adds the sample at `slot` to the lists of the rows that it touches: the bias' row is touched by all. */
function listRows(run: Run, scratch: Scratch, slot: i32): void {
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
 * target = the sum of value * delta over the entries [entry, end), plus the rows whose addresses stand at `merges`, one after the
 * other. With `resume` the sum goes on from what stands at `target`. Blocked as layers.ts' affine is, for the same reason.
 */
function sumRun(entry: usize, end: usize, deltas: usize, stride: i32, merges: usize, mergeCount: i32, target: usize, resume: bool): void {
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
  entries: usize, count: i32, deltas: usize, stride: i32, shards: i32, ends: usize, scratch: Scratch, target: usize,
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
      mergeCount += i32(left != 0);
      level++;
    }
    const last = j == shards - 1;
    let result: usize = 0;
    if (end > entry || mergeCount > 1 || (last && mergeCount > 0)) {
      result = last ? target : scratch.treeStack + j * stride;
      sumRun(entry, end, deltas, stride, merges, mergeCount, result, false);
    } else if (mergeCount == 1) {
      result = load<u32>(merges);
    }
    store<u32>(pending + (level << 2), <u32>result);
    entry = end;
  }
}

/** All rows of all layers, from the lists of the pass, into the vector at `target`. */
function sumRows(run: Run, scratch: Scratch, shards: i32, target: usize, resume: bool): void {
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

/** Lists the inputs of the sample that is image `number` of the training file. */
export function listSample(run: Run, scratch: Scratch, epoch: u32, number: u32): void {
  const first = scratchOf(scratch, 0);
  const pixels = run.rows * run.columns;
  const image = run.images + number * pixels;
  first.count = run.augment
    ? listAugmented(image, run.rows, run.columns, run.seedLow, run.seedHigh, AUGMENT_TRAINING, epoch, number, first.numbers, first.values)
    : listPixels(image, pixels, first.numbers, first.values);
}

/**
 * One pass: the positions [first, end) of the epoch's order, cut into `shards` shards at `starts` of the batch.
 * Returns lossSum, added along the tree.
 */
function pass(
  run: Run, scratch: Scratch, parameters: usize, epoch: u32, batchFirst: i32, batchCount: i32, firstShard: i32, shards: i32,
  first: i32, end: i32, target: usize, resume: bool, lossBefore: f64,
): f64 {
  for (let l = 0; l < run.layerCount; l++) {
    memory.fill(scratchOf(scratch, l).rowCounts, 0, (layerOf(run, l).inputs + 1) << 2);
  }
  const losses = scratch.shardLoss;
  let position = first;
  for (let j = 0; j < shards; j++) {
    // a pass within one shard ends where it ends; otherwise with the shards' own ends
    const shardEnd = shards == 1 ? end : batchFirst + shardStart(batchCount, run.shards, firstShard + j + 1);
    let lossSum = lossBefore;
    for (; position < shardEnd; position++) {
      const number = load<u32>(run.order + (position << 2));
      const label = <i32>load<u8>(run.labels + number);
      const slot = position - first;
      listSample(run, scratch, epoch, number);
      forward(run, scratch, parameters);
      lossSum += lossOf(run, scratch, label);
      backward(run, scratch, parameters, label, slot);
      listRows(run, scratch, slot);
    }
    store<f64>(losses + (j << 3), lossSum);
    for (let l = 0; l < run.layerCount; l++) {
      store<u32>(scratch.shardEnd + ((l * run.shards + j) << 2), (position - first) * layerOf(run, l).stride);
    }
  }
  sumRows(run, scratch, shards, target, resume);
  for (let width = 1; width < shards; width <<= 1) {
    for (let j = 0; j < shards; j += width << 1) {
      const left = losses + (j << 3);
      store<f64>(left, load<f64>(left) + load<f64>(left + (width << 3)));
    }
  }
  return load<f64>(losses);
}

/** Block (level, index) of the global batch [batchFirst, batchFirst + batchCount) into `target`. Returns its lossSum. */
function block(
  run: Run, scratch: Scratch, parameters: usize, epoch: u32, batchFirst: i32, batchCount: i32, level: i32, index: i32, target: usize,
): f64 {
  const firstShard = index << level;
  const shards = 1 << level;
  const first = batchFirst + shardStart(batchCount, run.shards, firstShard);
  const end = batchFirst + shardStart(batchCount, run.shards, firstShard + shards);
  if (end - first <= run.passSize) {
    return pass(run, scratch, parameters, epoch, batchFirst, batchCount, firstShard, shards, first, end, target, false, 0);
  }
  if (level > 0) {
    const right = scratch.temporaries + (level - 1) * run.vectorBytes;
    const leftLoss = block(run, scratch, parameters, epoch, batchFirst, batchCount, level - 1, index << 1, target);
    const rightLoss = block(run, scratch, parameters, epoch, batchFirst, batchCount, level - 1, (index << 1) + 1, right);
    add(target, right, run.vectorBytes);
    return leftLoss + rightLoss;
  }
  let lossSum: f64 = 0;
  for (let at = first; at < end; at += run.passSize) {
    lossSum = pass(run, scratch, parameters, epoch, batchFirst, batchCount, firstShard, 1, at, min(end, at + run.passSize), target, at > first, lossSum);
  }
  return lossSum;
}

/**
 * Computes tree node (level, index) of step `stepInEpoch` (0-based) of `epoch` (0-based) into the vector at `target`, in the
 * engine's own coordinates: the first layer's weight gradient is that of the shifted input (x + 1).
 * `partials` are the sums of the first layer's rows (update.ts). At `figures`: lossSum (f64), correctCount (i32), sampleCount (i32).
 */
export function computeBlock(
  runAt: usize, scratchAt: usize, parameters: usize, partials: usize, epoch: u32, stepInEpoch: i32, level: i32, index: i32,
  target: usize, figures: usize,
): void {
  const run = changetype<Run>(runAt);
  const scratch = changetype<Scratch>(scratchAt);
  shiftBias(run, scratch, parameters, partials);
  scratch.correctCount = 0;
  const batchFirst = stepInEpoch * run.batchSize;
  const batchCount = min(run.batchSize, run.trainingCount - batchFirst);
  const lossSum = block(run, scratch, parameters, epoch, batchFirst, batchCount, level, index, target);
  store<f64>(figures, lossSum);
  store<i32>(figures, scratch.correctCount, 8);
  const size = 1 << level;
  store<i32>(figures, shardStart(batchCount, run.shards, (index + 1) * size) - shardStart(batchCount, run.shards, index * size), 12);
}

/** How many groups the rows of the first layer are summed in: fixed, so that the sum does not depend on who adds. */
export const ROW_GROUPS: i32 = 16;

/** scratch.shiftedBias = bias - the sum of all rows of the first layer: x W + b = (x + 1) W + (b - 1 W). */
export function shiftBias(run: Run, scratch: Scratch, parameters: usize, partials: usize): void {
  const layer = layerOf(run, 0);
  const bias = parameters + layer.offset + layer.inputs * layer.stride;
  for (let column = 0; column < layer.stride; column += 16) {
    let sum = f32x4.splat(0);
    for (let g = 0; g < ROW_GROUPS; g++) sum = f32x4.add(sum, v128.load(partials + g * layer.stride + column));
    v128.store(scratch.shiftedBias + column, f32x4.sub(v128.load(bias + column), sum));
  }
}

/**
 * Loss and correct predictions of the images numbered by the list at `numbers` (u32; 0 = 0, 1, 2, ...), [first, end).
 * `purpose` 0 takes them as they are, another augments at (seed, purpose, epoch, image number).
 * With `outcomes` (0 = none) the outcome of image i of the list stands there, at i * 4 * (classes + 1): storeOutcome.
 */
export function evaluate(
  runAt: usize, scratchAt: usize, parameters: usize, partials: usize, images: usize, labels: usize, numbers: usize,
  first: i32, end: i32, purpose: u32, epoch: u32, figures: usize, outcomes: usize,
): void {
  const run = changetype<Run>(runAt);
  const scratch = changetype<Scratch>(scratchAt);
  shiftBias(run, scratch, parameters, partials);
  scratch.correctCount = 0;
  const inputs = scratchOf(scratch, 0);
  const pixels = run.rows * run.columns;
  const outcomeBytes = (layerOf(run, run.layerCount - 1).outputs + 1) << 2;
  let lossSum: f64 = 0;
  for (let i = first; i < end; i++) {
    const number = numbers ? load<u32>(numbers + (i << 2)) : i;
    const image = images + number * pixels;
    inputs.count = purpose
      ? listAugmented(image, run.rows, run.columns, run.seedLow, run.seedHigh, purpose, epoch, number, inputs.numbers, inputs.values)
      : listPixels(image, pixels, inputs.numbers, inputs.values);
    forward(run, scratch, parameters);
    lossSum += lossOf(run, scratch, <i32>load<u8>(labels + number));
    if (outcomes) storeOutcome(run, scratch, outcomes + i * outcomeBytes);
  }
  store<f64>(figures, lossSum);
  store<i32>(figures, scratch.correctCount, 8);
  store<i32>(figures, end - first, 12);
}
