// From a run's options and data to the shape of its memory: the same on the coordinator and on every node.

import type { DatasetShape } from '../data/assemble.ts';
import { augmentationOf, reportAugmentation } from '../data/augmentation.ts';
import type { SplitNumbers } from '../data/sampler.ts';
import type { RunShape } from '../kernels/memory-shape.ts';
import { layoutOf } from '../model/layout.ts';
import { normalizationOf } from '../model/normalization.ts';
import type { TrainOptions } from '../options/train-options.ts';

/** `workers`: scratch areas; `slots`: tree nodes in memory at once. */
export function shapeOf(
  options: TrainOptions,
  data: Pick<DatasetShape, 'train' | 'test' | 'classes'>,
  numbers: SplitNumbers,
  workers: number,
  slots: number,
): RunShape {
  const { rows, columns } = data.train;
  return {
    layout: layoutOf([rows * columns, ...options.hidden, data.classes]),
    rows,
    columns,
    batchSize: options.batchSize,
    shards: options.shards,
    seed: options.seed,
    augment: augmentationOf(options.augment) !== null,
    // a validation split may be augmented where the training images are not: as the report does it
    augmentation: augmentationOf(options.augment) ?? reportAugmentation,
    normalization: normalizationOf(options.normalize),
    trainImages: data.train.count,
    testImages: data.test.count,
    trainingCount: numbers.training.length,
    skips: numbers.marked !== numbers.training,
    validationCount: numbers.validation.length,
    workers,
    slots,
    dense: options.engine !== 'wasm',
  };
}
