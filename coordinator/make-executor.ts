// From a run's options to the executor that trains it: the inline baseline, or threads.

import { availableParallelism } from 'node:os';
import type { TrainOptions } from '../src/config.ts';
import type { Dataset } from '../src/data/dataset.ts';
import type { Split } from '../src/data/sampler.ts';
import type { Engine, EngineSpec } from '../src/engine.ts';
import type { TrainEvent } from '../src/events.ts';
import type { Kernels } from '../src/kernels/kernels.ts';
import type { RunShape } from '../src/kernels/memory-plan.ts';
import type { RunMemory } from '../src/kernels/run-memory.ts';
import { layoutOf } from '../src/model/layout.ts';
import type { Executor } from './executor.ts';
import { InlineExecutor } from './inline-executor.ts';
import { ThreadExecutor } from './thread-executor.ts';

/** What the entries wire in. */
export interface Wiring {
  readonly sharedKernels: () => WebAssembly.Module;
  /** Where the kernels' constants end. */
  readonly heapBase: () => number;
  readonly threadFile: string;
  readonly makeEngine: (spec: EngineSpec, kernels: Kernels, run: RunMemory, worker: number) => Promise<Engine>;
  /**
   * Digest of what an engine makes of a fixed small network: the same wherever a run would be the same. It throws where the
   * engine cannot be had, and readies the process for its threads.
   */
  readonly selfTest: (engine: string) => Promise<string>;
  /** Faults to make happen in the threads; tests only. */
  readonly faults?: readonly unknown[];
}

/** What the memory of a run must hold. */
export function shapeOf(options: TrainOptions, data: Dataset, split: Split, threads: number): RunShape {
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
    trainingCount: split.training.length,
    validationCount: split.validation.length,
    workers: Math.max(1, threads),
    slots: options.shards,
    dense: options.engine !== 'wasm',
  };
}

export interface ExecutorParts {
  readonly shape: RunShape;
  readonly options: TrainOptions & { readonly threads: number };
  readonly run: RunMemory;
  readonly module: WebAssembly.Module;
  readonly kernels: Kernels;
  readonly onEvent: (event: TrainEvent) => void;
  readonly wiring: Wiring;
}

export async function makeExecutor(parts: ExecutorParts): Promise<Executor> {
  const { shape, options, run, module, kernels, onEvent, wiring } = parts;
  const { shards, batchSize, trainingCount, validationCount, testImages } = shape;
  const counts = { shards, batchSize, trainingCount, validationCount, testCount: testImages };
  const engine: EngineSpec = { name: options.engine, augmentValidation: options.augmentValidation, ...counts };
  if (options.threads === 0) return new InlineExecutor(await wiring.makeEngine(engine, kernels, run, 0), run, counts);
  return new ThreadExecutor(run, {
    ...counts,
    threadFile: wiring.threadFile,
    module,
    engine,
    threads: options.threads,
    cores: availableParallelism(),
    onLoss: (message) => onEvent({ type: 'warning', message }),
    ...(wiring.faults ? { faults: wiring.faults } : {}),
  });
}
