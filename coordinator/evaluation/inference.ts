// A trained model on labelled images: figures, predictions and probabilities, by the kernels that training evaluates with,
// so that the bits are those of the run's own evaluation, on any number of threads.

import type { ImageSet } from '../../src/data/dataset.ts';
import type { EngineSpec } from '../../src/engine.ts';
import { ExitCode } from '../../src/errors.ts';
import { ThreadPool } from '../../src/host/thread-pool.ts';
import { usableCores } from '../../src/host/usable-cores.ts';
import { layRun } from '../../src/kernels/lay-memory.ts';
import type { RunShape } from '../../src/kernels/memory-shape.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { widthsOf } from '../../src/model/layout.ts';
import type { Model } from '../../src/model/model.ts';
import { type Means, meansOf } from '../../src/sums.ts';
import type { Wiring } from '../../src/wiring.ts';
import type { Executor } from '../executors/executor.ts';
import { InlineExecutor } from '../executors/inline-executor.ts';
import { ThreadExecutor } from '../executors/thread-executor.ts';
import { inferenceThreads } from './inference-threads.ts';

export interface Inference {
  readonly means: Means;
  /** The class of the largest logit of each image. */
  readonly predictions: Int32Array;
  /** `classes` probabilities for each image, one image after the other. */
  readonly probabilities: Float32Array;
}

/** How a model is tried. */
export interface Trying {
  /** 0: inline; null: as many as pay. */
  readonly threads: number | null;
  readonly wiring: Wiring;
  readonly wide: boolean;
}

/** A model, and room for images that it is tried on: nothing else need hold them. */
export interface Trial {
  /**
   * To be filled before it runs. Labels are below the model's number of classes, and the images have as many pixels as the model
   * has inputs.
   */
  readonly place: Pick<ImageSet, 'images' | 'labels'>;
  /** Once. */
  run(): Promise<Inference>;
}

/** A model on images that lie elsewhere: they are copied. */
export async function infer(
  model: Model,
  set: ImageSet,
  threads: number | null,
  wiring: Wiring,
  wide = false,
): Promise<Inference> {
  const { place, run } = layTrial(model, set, { threads, wiring, wide });
  place.images.set(set.images);
  place.labels.set(set.labels);
  return await run();
}

export function layTrial(
  { layout, parameters, normalization }: Model,
  { count, rows, columns }: Pick<ImageSet, 'count' | 'rows' | 'columns'>,
  { threads: asked, wiring, wide: isWide }: Trying,
): Trial {
  const threads = asked ?? inferenceThreads({ layout }, count, usableCores());
  const shape: RunShape = {
    layout,
    rows,
    columns,
    batchSize: 1,
    shards: 1,
    seed: 0,
    augment: false,
    normalization,
    trainImages: 0,
    testImages: count,
    trainingCount: 0,
    validationCount: 0,
    workers: Math.max(1, threads),
    slots: 1,
    outcomes: true,
  };
  const wide = isWide ? wiring.wideKernels() : null;
  const module = wide?.module ?? wiring.sharedKernels();
  const memory = layRun(shape, module, wiring.heapBase());
  memory.setState(0, parameters);
  const engine: EngineSpec = { name: 'wasm', augmentValidation: false, ...(wide === null ? {} : { wide }) };
  const run = async () => {
    const executor: Executor =
      threads === 0
        ? new InlineExecutor(await wiring.makeEngine(engine, memory, 0), memory)
        : new ThreadExecutor(
            memory,
            new ThreadPool(memory, {
              threadFile: wiring.threadFile,
              module,
              engine,
              threads,
              cores: threads,
              onLoss: () => undefined,
            }),
          );
    try {
      return inferenceOf(memory, meansOf(await executor.evaluate('test', 0, 0)));
    } finally {
      await executor.close(ExitCode.done);
    }
  };
  return { place: memory.dataPlace.test, run };
}

/** What the evaluation of the test split that was made last left in memory; its shape has `outcomes`. */
export function inferenceOf(memory: RunMemory, means: Means): Inference {
  const { layout, testImages: count } = memory.plan.shape;
  const classes = widthsOf(layout).at(-1)!;
  const predictions = new Int32Array(count);
  const probabilities = new Float32Array(count * classes);
  const floats = new Float32Array(memory.wasmMemory.buffer);
  for (let i = 0; i < count; i++) {
    const at = memory.plan.outcomes / 4 + i * (classes + 1);
    predictions[i] = memory.words[at]!;
    probabilities.set(floats.subarray(at + 1, at + 1 + classes), i * classes);
  }
  return { means, predictions, probabilities };
}
