// Which samples of an epoch's order are computed, and how many of a global batch, where some are skipped: read from the order
// itself.

import { batchSamples, SKIPPED } from '../data/sampler.ts';
import { RunWord } from './memory-records.ts';
import type { RunMemory } from './run-memory.ts';

/** Samples of a global batch of the current epoch that are computed: what a step's sum is divided by. */
export function samplesOfBatch(memory: RunMemory, stepInEpoch: number): number {
  const { batchSize, trainingCount } = memory.plan.shape;
  const count = batchSamples(stepInEpoch, batchSize, trainingCount);
  const first = stepInEpoch * batchSize;
  return count - skippedAt(memory, first, first + count);
}

/** Image numbers at the positions [first, end) of an epoch's order, less those that are skipped. */
export function numbersAt({ plan, words }: RunMemory, epoch: number, first: number, end: number): number[] {
  const order = plan.orders[epoch & 1]! / 4;
  return [...words.subarray(order + first, order + end)].filter((word) => !(word & SKIPPED));
}

/** How many of the positions [first, end) of the current epoch's order are skipped. */
export function skippedAt({ plan, words }: RunMemory, first: number, end: number): number {
  if (!plan.shape.skips) return 0;
  const order = (words[plan.runRecord / 4 + RunWord.order]! >>> 0) / 4;
  let skipped = 0;
  for (let at = order + first; at < order + end; at++) if (words[at]! & SKIPPED) skipped++;
  return skipped;
}
