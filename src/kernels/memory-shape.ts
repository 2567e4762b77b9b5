// What the size of a run's memory depends on, and what its evaluations are cut into.

import type { Augmentation } from '../data/augmentation.ts';
import type { SplitName } from '../engine.ts';
import type { Layout } from '../model/layout.ts';
import type { Normalization } from '../model/normalization.ts';

export interface RunShape {
  readonly layout: Layout;
  readonly rows: number;
  readonly columns: number;
  readonly batchSize: number;
  readonly shards: number;
  readonly seed: number;
  /** Whether training images are augmented. */
  readonly augment: boolean;
  /** How images are augmented that are; the report's unless it is given. */
  readonly augmentation?: Augmentation;
  /** The report's unless it is given. */
  readonly normalization?: Normalization;
  /** Images in the training file and in the test file. */
  readonly trainImages: number;
  readonly testImages: number;
  /** Samples of the training and of the validation split. */
  readonly trainingCount: number;
  readonly validationCount: number;
  /** Whether samples of the training split are skipped: their places in an order are marked. */
  readonly skips?: boolean;
  /** Computing threads, each with a scratch of its own. */
  readonly workers: number;
  /** Tree nodes that may stand in memory at once. */
  readonly slots: number;
  /** Whether an evaluation of the test split also leaves the prediction and the probabilities of each image. */
  readonly outcomes?: boolean;
  /** Whether workers keep samples as matrices, and trees of whole nodes: for engines other than the kernels. */
  readonly dense?: boolean;
}

/** Samples of an evaluation that one worker takes at a time: fixed, since their losses are summed part by part. */
export const PART_SAMPLES = 256;

export function partsOf(samples: number): number {
  return Math.ceil(samples / PART_SAMPLES);
}

/** Samples of a split that is evaluated. */
export function samplesOf({ testImages, validationCount }: RunShape, split: SplitName): number {
  return split === 'test' ? testImages : validationCount;
}
