// One run from its options to its results: data, memory, executor, loop, folder. It is handed what it may not know itself:
// how an engine is made, and where the threads' file and the kernels are.

import { availableParallelism } from 'node:os';
import { checkAgainstData, configForFile, resolveThreads, type TrainOptions } from '../src/config.ts';
import type { Dataset } from '../src/data/dataset.ts';
import { type Split, splitImages, stepsPerEpoch } from '../src/data/sampler.ts';
import { digestOf, stateDigestOf } from '../src/digest.ts';
import type { Engine, EngineSpec } from '../src/engine.ts';
import { ExitCode, LockstepError } from '../src/errors.ts';
import type { EpochRecord, Summary, TrainEvent } from '../src/events.ts';
import { encodeSafetensors } from '../src/formats/safetensors.ts';
import { type Kernels, instantiate } from '../src/kernels/kernels.ts';
import { layMemory, planMemory } from '../src/kernels/memory-plan.ts';
import { RunMemory } from '../src/kernels/run-memory.ts';
import { initialParameters } from '../src/model/init.ts';
import { layoutOf, namedTensors } from '../src/model/layout.ts';
import { loadDataset } from './dataset-files.ts';
import type { Executor } from './executor.ts';
import { InlineExecutor } from './inline-executor.ts';
import { RunFolder } from './run-folder.ts';
import { ThreadExecutor } from './thread-executor.ts';
import { type Outcome, trainLoop } from './trainer.ts';

/** What the entries wire in. */
export interface Wiring {
  readonly sharedKernels: () => WebAssembly.Module;
  /** Where the kernels' constants end. */
  readonly heapBase: () => number;
  readonly threadFile: string;
  readonly makeEngine: (spec: EngineSpec, kernels: Kernels, run: RunMemory, worker: number) => Promise<Engine>;
  /** Faults to make happen in the threads; tests only. */
  readonly faults?: readonly unknown[];
}

export interface Hooks {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
}

export async function trainRun(options: TrainOptions, hooks: Hooks, wiring: Wiring): Promise<Summary> {
  const started = performance.now();
  const onEvent = hooks.onEvent ?? (() => undefined);
  const signal = hooks.signal ?? new AbortController().signal;
  const data = await loadDataset(options.data);
  checkAgainstData(options, data.train.count);
  const threads = resolveThreads(options, availableParallelism());
  const split = splitImages(options.seed, data.train.count, options.valSize, options.limitTrain);
  const layout = layoutOf([data.train.rows * data.train.columns, ...options.hidden, data.classes]);
  const plan = planMemory(shapeOf(options, data, split, threads), wiring.heapBase());
  const folder = options.out === null ? null : await RunFolder.create(options.out, configForFile({ ...options, threads }));

  let executor: Executor | null = null;
  let begun = false;
  try {
    const run = new RunMemory(layMemory(plan, true), plan);
    run.setData(data.train, data.test, split.validation);
    run.setState(layout, 0, initialParameters(layout, options.seed));
    const module = wiring.sharedKernels();
    const kernels = instantiate(module, run.memory);
    run.preparePartials(kernels, 0);
    executor = await makeExecutor(options, threads, split, data, run, module, kernels, onEvent, wiring);
    if (threads > options.shards) onEvent({ type: 'warning', message: idleWarning(threads, options.shards) });
    onEvent({
      type: 'start',
      epochs: options.epochs,
      stepsPerEpoch: stepsPerEpoch(split.training.length, options.batchSize),
      trainSamples: split.training.length,
      validationSamples: split.validation.length,
      testSamples: data.test.count,
      parameters: layout.parameters,
      engine: 'wasm',
      threads,
    });
    begun = true;
    const outcome = await trainLoop(executor, run, split, options, {
      onEvent,
      signal,
      onEpoch: async (history: readonly EpochRecord[]) => await folder?.writeJson('history.json', history),
    });
    const state = run.state(layout, outcome.steps);
    const summary = summarize(outcome, {
      run: folder?.name ?? 'unsaved',
      engine: 'wasm',
      seed: options.seed,
      parameters: layout.parameters,
      seconds: (performance.now() - started) / 1000,
      digest: digestOf(state.parameters),
      stateDigest: stateDigestOf(state, outcome.steps),
    });
    await folder?.writeFile('model.safetensors', encodeSafetensors(namedTensors(layout, state.parameters)));
    await folder?.writeJson('summary.json', summary);
    onEvent({ type: 'done', summary, folder: folder?.path ?? null });
    return summary;
  } catch (error) {
    if (!begun) await folder?.discard();
    if (signal.aborted && error === signal.reason) throw stopped(error);
    throw error;
  } finally {
    await executor?.close();
  }
}

function shapeOf(options: TrainOptions, data: Dataset, split: Split, threads: number) {
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
  };
}

async function makeExecutor(
  options: TrainOptions,
  threads: number,
  split: Split,
  data: Dataset,
  run: RunMemory,
  module: WebAssembly.Module,
  kernels: Kernels,
  onEvent: (event: TrainEvent) => void,
  wiring: Wiring,
): Promise<Executor> {
  const counts = {
    shards: options.shards,
    batchSize: options.batchSize,
    trainingCount: split.training.length,
    validationCount: split.validation.length,
    testCount: data.test.count,
  };
  const engine: EngineSpec = { name: 'wasm', augmentValidation: options.augmentValidation, ...counts };
  if (threads === 0) return new InlineExecutor(await wiring.makeEngine(engine, kernels, run, 0), run, counts);
  return new ThreadExecutor(run, {
    ...counts,
    threadFile: wiring.threadFile,
    module,
    engine,
    threads,
    cores: availableParallelism(),
    onLoss: (message) => onEvent({ type: 'warning', message }),
    ...(wiring.faults ? { faults: wiring.faults } : {}),
  });
}

function summarize(
  { history, timings, test }: Outcome,
  rest: Omit<Summary, 'epochs' | 'test' | 'samplesPerSecond'>,
): Summary {
  const samples = history.reduce((sum, record) => sum + record.samples, 0);
  const trainingSeconds = timings.reduce((sum, timing) => sum + timing.seconds, 0);
  const { run, engine, seed, parameters, seconds, digest, stateDigest } = rest;
  return {
    run,
    engine,
    seed,
    parameters,
    epochs: history.map(({ epoch, train, validation, samples }, i) => ({
      epoch,
      train,
      validation,
      samples,
      ...timings[i]!,
    })),
    test,
    samplesPerSecond: samples / trainingSeconds,
    seconds,
    digest,
    stateDigest,
  };
}

function idleWarning(threads: number, shards: number): string {
  return `${threads} workers but only ${shards} shards: ${threads - shards} of them will idle (a larger --shards uses them, and changes the digest)`;
}

function stopped(reason: unknown): LockstepError {
  if (reason instanceof LockstepError) return reason;
  return new LockstepError({
    what: 'The run was stopped',
    why: 'its signal was aborted',
    mend: 'Start it again to train from the beginning.',
    exitCode: ExitCode.interrupted,
    cause: reason,
  });
}
