// Which samples a shard holds: split -> order of an epoch -> global batches -> shards. Pure numbers, no images.

import { Purpose, permutationAt } from '../random.ts';
import { isWithin, rangesOf } from './number-ranges.ts';

/**
 * Marks, in an order, a sample that is skipped: it keeps its place, and so every other sample its own, but nobody computes it. The
 * kernels know the same bit (kernels/assembly/structs.ts).
 */
export const SKIPPED = 2 ** 31;

export interface SplitNumbers {
  /** Numbers of images in the file of training images. */
  readonly training: Uint32Array;
  /** The same as orders are made of: those that are skipped have their mark. The very array where none is. */
  readonly marked: Uint32Array;
  readonly validation: Uint32Array;
}

/**
 * Splits `count` images by a seeded permutation: its last `validationSize` are the validation split, each part in
 * ascending order; where the data have a validation split of their own (`own` images, the last ones), that is it, whatever
 * `validationSize` says. `limitTraining` keeps the first so many of the training split; `without` (number-ranges.ts) names images that
 * are skipped.
 */
export function splitImages(
  seed: number,
  count: number,
  validationSize: number,
  limitTraining: number | null,
  without: string | null = null,
  own = 0,
): SplitNumbers {
  const order = own > 0 ? ascending(count) : permutationAt(seed, Purpose.split, 0, count);
  const rest = count - (own > 0 ? own : validationSize);
  const all = order.slice(0, rest).sort();
  const training = limitTraining === null ? all : all.slice(0, limitTraining);
  const ranges = without === null ? null : rangesOf(without)!;
  return {
    training,
    marked: ranges === null ? training : training.map((one) => (isWithin(ranges, one) ? one + SKIPPED : one)),
    validation: order.slice(rest).sort(),
  };
}

function ascending(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, number) => number);
}

/** Samples that an epoch uses: those of the training split that are not skipped. */
export function usedSamples({ training, marked }: Pick<SplitNumbers, 'training' | 'marked'>): number {
  return training === marked ? training.length : marked.filter((number) => number < SKIPPED).length;
}

/** The order in which an epoch (0-based) uses the training split: image numbers, with the marks that they have in it. */
export function epochOrder(seed: number, epoch: number, training: Uint32Array): Uint32Array {
  const order = permutationAt(seed, Purpose.order, epoch, training.length);
  for (let i = 0; i < order.length; i++) order[i] = training[order[i]!]!;
  return order;
}

/** Steps of an epoch: its last, smaller batch is a step too. */
export function stepsPerEpoch(trainingCount: number, batchSize: number): number {
  return Math.ceil(trainingCount / batchSize);
}

/**
 * The first position of a shard within its global batch of `count` samples; shard `shards` gives the end of the last.
 * Shards differ by one sample at most, and are empty where there are fewer samples than shards.
 */
export function shardStart(count: number, shards: number, shard: number): number {
  return Math.floor((count * shard) / shards);
}

/** Samples of global batch `stepInEpoch`. */
export function batchSamples(stepInEpoch: number, batchSize: number, trainingCount: number): number {
  return Math.min(batchSize, trainingCount - stepInEpoch * batchSize);
}
