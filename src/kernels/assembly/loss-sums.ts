// The figures of a tree node: the losses that its samples left (gradient.ts), summed as its gradient is.

import { shardStart } from './inlined';
import { Run, Scratch, Store, Sums } from './structs';

/** The Sums of block (level, index), after all its tiles: losses in order within a shard, then along the tree. */
export function sumLosses(
  runAt: usize,
  scratchAt: usize,
  storeAt: usize,
  stepInEpoch: i32,
  level: i32,
  index: i32,
  sumsAt: usize,
): void {
  const run = changetype<Run>(runAt);
  const kept = changetype<Store>(storeAt);
  const losses = changetype<Scratch>(scratchAt).treeStack;
  const batchFirst = stepInEpoch * run.batchSize;
  const batchCount = min(run.batchSize, run.trainingCount - batchFirst);
  const shards = 1 << level;
  const start = shardStart(batchCount, run.shards, index << level);
  let position = start;
  let correctCount = 0;
  let skipped = 0;
  for (let j = 0; j < shards; j++) {
    const end = shardStart(batchCount, run.shards, (index << level) + j + 1);
    let lossSum: f64 = 0;
    for (; position < end; position++) {
      lossSum += load<f64>(kept.losses + (position << 3));
      correctCount += load<i32>(kept.hits + (position << 2));
      skipped += load<u32>(run.order + ((batchFirst + position) << 2)) >>> 31;
    }
    store<f64>(losses + (j << 3), lossSum);
  }
  for (let width = 1; width < shards; width <<= 1) {
    for (let j = 0; j < shards; j += width << 1) {
      const left = losses + (j << 3);
      store<f64>(left, load<f64>(left) + load<f64>(left + (width << 3)));
    }
  }
  const sums = changetype<Sums>(sumsAt);
  sums.lossSum = load<f64>(losses);
  sums.correctCount = correctCount;
  sums.sampleCount = position - start - skipped;
}
