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

/**
 * Labels are below the model's number of classes, and the images have as many pixels as the model has inputs.
 * @param askedThreads 0: inline; null: as many as pay
 */
export async function infer(
  model: Model,
  set: ImageSet,
  askedThreads: number | null,
  wiring: Wiring,
  isWide = false,
): Promise<Inference> {
  const { layout, parameters, widths } = model;
  const threads = askedThreads ?? inferenceThreads(model, set.count, usableCores());
  const classes = widths.at(-1)!;
  const none: ImageSet = { ...set, count: 0, images: new Uint8Array(0), labels: new Uint8Array(0) };
  const shape: RunShape = {
    layout,
    rows: set.rows,
    columns: set.columns,
    batchSize: 1,
    shards: 1,
    seed: 0,
    augment: false,
    trainImages: 0,
    testImages: set.count,
    trainingCount: 0,
    validationCount: 0,
    workers: Math.max(1, threads),
    slots: 1,
    outcomes: true,
  };
  const wide = isWide ? wiring.wideKernels() : null;
  const module = wide?.module ?? wiring.sharedKernels();
  const memory = layRun(shape, module, wiring.heapBase());
  memory.setData(none, set, new Uint32Array(0));
  memory.setState(0, parameters);
  const engine: EngineSpec = { name: 'wasm', augmentValidation: false, ...(wide === null ? {} : { wide }) };
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
    const means = meansOf(await executor.evaluate('test', 0, 0));
    return { means, ...outcomes(memory, set.count, classes) };
  } finally {
    await executor.close(ExitCode.done);
  }
}

function outcomes(memory: RunMemory, count: number, classes: number): Omit<Inference, 'means'> {
  const predictions = new Int32Array(count);
  const probabilities = new Float32Array(count * classes);
  const floats = new Float32Array(memory.wasmMemory.buffer);
  for (let i = 0; i < count; i++) {
    const at = memory.plan.outcomes / 4 + i * (classes + 1);
    predictions[i] = memory.words[at]!;
    probabilities.set(floats.subarray(at + 1, at + 1 + classes), i * classes);
  }
  return { predictions, probabilities };
}
