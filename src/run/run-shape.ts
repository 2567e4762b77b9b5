// From a run's options and data to the shape of its memory: the same on the coordinator and on every node.

import type { DatasetShape } from '../data/assemble.ts';
import type { SplitNumbers } from '../data/sampler.ts';
import type { RunShape } from '../kernels/memory-shape.ts';
import { layoutOf } from '../model/layout.ts';
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
    augment: options.augment,
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
