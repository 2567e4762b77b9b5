// From samples to a tree node. A pass takes up to `passSize` samples through the network and keeps their deltas, of which
// row-sums.ts makes the gradient's rows; more samples than that are several passes, along the tree or within a shard.
// The bits are those of: a sum from +0 over a shard's samples in order, then the tree over shards.

import { listAugmented, listPixels } from './augment';
import { layerOf, scratchOf, shardStart } from './inlined';
import { backward, forward, lossOf, storeOutcome } from './layers';
import { listRows, sumRows } from './row-sums';
import { shiftBias } from './shifted-input';
import { Run, Scratch, Sums } from './structs';
import { add } from './vectors';

const AUGMENT_TRAINING: u32 = 4;

/** Lists the inputs of image `number` of `images`: as it is for `purpose` 0, else augmented at (seed, purpose, epoch, number). */
export function listImage(run: Run, scratch: Scratch, images: usize, purpose: u32, epoch: u32, number: u32): void {
  const first = scratchOf(scratch, 0);
  const pixels = run.rows * run.columns;
  const image = images + number * pixels;
  first.count = purpose
    ? listAugmented(
        image,
        run.rows,
        run.columns,
        run.seedLow,
        run.seedHigh,
        purpose,
        epoch,
        number,
        first.numbers,
        first.values,
      )
    : listPixels(image, pixels, first.numbers, first.values);
}

/** Lists the inputs of the sample that is image `number` of the training file. */
export function listSample(run: Run, scratch: Scratch, epoch: u32, number: u32): void {
  listImage(run, scratch, run.images, run.augment ? AUGMENT_TRAINING : 0, epoch, number);
}

/**
 * One pass: the positions [first, end) of the epoch's order, cut into the `shards` shards from `firstShard` on.
 * Returns lossSum, added along the tree.
 */
function pass(
  run: Run,
  scratch: Scratch,
  parameters: usize,
  epoch: u32,
  batchFirst: i32,
  batchCount: i32,
  firstShard: i32,
  shards: i32,
  first: i32,
  end: i32,
  target: usize,
  resume: bool,
  lossBefore: f64,
): f64 {
  for (let l = 0; l < run.layerCount; l++) {
    memory.fill(scratchOf(scratch, l).rowCounts, 0, (layerOf(run, l).inputs + 1) << 2);
  }
  const losses = scratch.shardLoss;
  let position = first;
  for (let j = 0; j < shards; j++) {
    // a pass within one shard ends where it ends; otherwise with the shards' own ends
    const shardEnd = shards === 1 ? end : batchFirst + shardStart(batchCount, run.shards, firstShard + j + 1);
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
  run: Run,
  scratch: Scratch,
  parameters: usize,
  epoch: u32,
  batchFirst: i32,
  batchCount: i32,
  level: i32,
  index: i32,
  target: usize,
): f64 {
  const firstShard = index << level;
  const shards = 1 << level;
  const first = batchFirst + shardStart(batchCount, run.shards, firstShard);
  const end = batchFirst + shardStart(batchCount, run.shards, firstShard + shards);
  if (level > 0 && end - first > run.passSize) {
    const right = scratch.temporaries + (level - 1) * run.vectorBytes;
    const leftLoss = block(run, scratch, parameters, epoch, batchFirst, batchCount, level - 1, index << 1, target);
    const rightLoss = block(
      run,
      scratch,
      parameters,
      epoch,
      batchFirst,
      batchCount,
      level - 1,
      (index << 1) + 1,
      right,
    );
    add(target, right, run.vectorBytes);
    return leftLoss + rightLoss;
  }
  // one pass for all shards, also where they have no samples; or as many as one shard needs
  let lossSum: f64 = 0;
  let at = first;
  do {
    const passEnd = min(end, at + run.passSize);
    lossSum = pass(
      run,
      scratch,
      parameters,
      epoch,
      batchFirst,
      batchCount,
      firstShard,
      shards,
      at,
      passEnd,
      target,
      at > first,
      lossSum,
    );
    at = passEnd;
  } while (at < end);
  return lossSum;
}

/**
 * Computes tree node (level, index) of step `stepInEpoch` (0-based) of `epoch` (0-based) into the vector at `target`, in
 * the engine's own coordinates: the first layer's weight gradient is that of the shifted input (x + 1).
 * `partials` are the sums of the first layer's rows (shifted-input.ts). At `sumsAt` it leaves a Sums record.
 */
export function computeBlock(
  runAt: usize,
  scratchAt: usize,
  parameters: usize,
  partials: usize,
  epoch: u32,
  stepInEpoch: i32,
  level: i32,
  index: i32,
  target: usize,
  sumsAt: usize,
): void {
  const run = changetype<Run>(runAt);
  const scratch = changetype<Scratch>(scratchAt);
  shiftBias(run, scratch, parameters, partials);
  scratch.correctCount = 0;
  const batchFirst = stepInEpoch * run.batchSize;
  const batchCount = min(run.batchSize, run.trainingCount - batchFirst);
  const lossSum = block(run, scratch, parameters, epoch, batchFirst, batchCount, level, index, target);
  const sums = changetype<Sums>(sumsAt);
  sums.lossSum = lossSum;
  sums.correctCount = scratch.correctCount;
  const size = 1 << level;
  sums.sampleCount =
    shardStart(batchCount, run.shards, (index + 1) * size) - shardStart(batchCount, run.shards, index * size);
}

/**
 * Loss and correct predictions of the images numbered by the list at `numbers` (u32; 0 = 0, 1, 2, ...), [first, end).
 * `purpose` 0 takes them as they are, another augments at (seed, purpose, epoch, image number).
 * With `outcomes` (0 = none) the outcome of image i of the list stands there, at i * 4 * (classes + 1): storeOutcome.
 */
export function evaluate(
  runAt: usize,
  scratchAt: usize,
  parameters: usize,
  partials: usize,
  images: usize,
  labels: usize,
  numbers: usize,
  first: i32,
  end: i32,
  purpose: u32,
  epoch: u32,
  sumsAt: usize,
  outcomes: usize,
): void {
  const run = changetype<Run>(runAt);
  const scratch = changetype<Scratch>(scratchAt);
  shiftBias(run, scratch, parameters, partials);
  scratch.correctCount = 0;
  const outcomeBytes = (layerOf(run, run.layerCount - 1).outputs + 1) << 2;
  let lossSum: f64 = 0;
  for (let i = first; i < end; i++) {
    const number = numbers ? load<u32>(numbers + (i << 2)) : i;
    listImage(run, scratch, images, purpose, epoch, number);
    forward(run, scratch, parameters);
    lossSum += lossOf(run, scratch, <i32>load<u8>(labels + number));
    if (outcomes) storeOutcome(run, scratch, outcomes + i * outcomeBytes);
  }
  const sums = changetype<Sums>(sumsAt);
  sums.lossSum = lossSum;
  sums.correctCount = scratch.correctCount;
  sums.sampleCount = end - first;
}
