// One run from its options to its results: data, memory, executor, loop, folder. It is handed what it may not know itself:
// how an engine is made, and where the threads' file and the kernels are.

import { availableParallelism } from 'node:os';
import { checkAgainstData, configForFile, resolveThreads, type TrainOptions } from '../src/config.ts';
import { splitImages, stepsPerEpoch } from '../src/data/sampler.ts';
import { digestOf, stateDigestOf } from '../src/digest.ts';
import { ExitCode, LockstepError } from '../src/errors.ts';
import type { EpochRecord, Summary, TrainEvent } from '../src/events.ts';
import { encodeSafetensors } from '../src/formats/safetensors.ts';
import { instantiate } from '../src/kernels/kernels.ts';
import { layMemory, planMemory } from '../src/kernels/memory-plan.ts';
import { RunMemory } from '../src/kernels/run-memory.ts';
import { shapeOf } from '../src/kernels/run-shape.ts';
import { initialParameters } from '../src/model/init.ts';
import { namedTensors } from '../src/model/layout.ts';
import { loadDataset } from './dataset-files.ts';
import type { Executor } from './executor.ts';
import { makeExecutor, placesFor, type Wiring } from './make-executor.ts';
import { RunFolder } from './run-folder.ts';
import { summarize } from './summary.ts';
import { trainLoop } from './trainer.ts';
import { nobody } from './vitals.ts';
import { Watch } from './watch/watch.ts';

export interface Hooks {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
}

export async function trainRun(asked: TrainOptions, hooks: Hooks, wiring: Wiring): Promise<Summary> {
  const started = performance.now();
  const told = hooks.onEvent ?? (() => undefined);
  const signal = hooks.signal ?? new AbortController().signal;
  const options = { ...asked, threads: resolveThreads(asked, availableParallelism()) };
  const { threads } = options;
  const data = await loadDataset(options.data);
  checkAgainstData(options, data.train.count);
  const split = splitImages(options.seed, data.train.count, options.valSize, options.limitTrain);
  const { workers, slots } = placesFor(options);
  const shape = shapeOf(options, data, split, workers, slots);
  const { layout } = shape;
  const plan = planMemory(shape, wiring.heapBase());
  const folder = options.out === null ? null : await RunFolder.create(options.out, configForFile(options));

  const watch = await Watch.start({
    options,
    facts: {
      name: folder?.name ?? 'unsaved',
      version: wiring.programVersion,
      engine: 'wasm',
      seed: options.seed,
      batchSize: options.batchSize,
      shards: options.shards,
      learningRate: options.lr,
      epochs: options.epochs,
      maxSteps: options.maxSteps,
    },
    onEvent: told,
    write: folder === null ? null : (text) => folder.writeFile('metrics.om', text),
  });
  const onEvent = watch?.onEvent ?? told;
  let executor: Executor | null = null;
  let begun = false;
  let finished = false;
  try {
    const run = new RunMemory(layMemory(plan, true), plan);
    run.setData(data.train, data.test, split.validation);
    run.setState(layout, 0, initialParameters(layout, options.seed));
    const module = wiring.sharedKernels();
    const kernels = instantiate(module, run.memory);
    run.preparePartials(kernels, 0);
    const runName = folder?.name ?? 'unsaved';
    executor = await makeExecutor({
      shape,
      options,
      runName,
      data,
      run,
      module,
      kernels,
      onEvent,
      signal,
      wiring,
      observer: watch?.observer ?? nobody,
    });
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
    const outcome = await trainLoop(watch?.observe(executor, run) ?? executor, run, split, options, {
      onEvent,
      signal,
      onEpoch: async (history: readonly EpochRecord[]) => await folder?.writeJson('history.json', history),
    });
    const state = run.state(layout, outcome.steps);
    const summary = summarize(outcome, {
      run: runName,
      engine: 'wasm',
      seed: options.seed,
      parameters: layout.parameters,
      seconds: (performance.now() - started) / 1000,
      digest: digestOf(state.parameters),
      stateDigest: stateDigestOf(state, outcome.steps),
    });
    await folder?.writeFile('model.safetensors', encodeSafetensors(namedTensors(layout, state.parameters)));
    await folder?.writeJson('summary.json', summary);
    finished = true;
    await watch?.end('done', null);
    onEvent({ type: 'done', summary, folder: folder?.path ?? null });
    return summary;
  } catch (error) {
    await watch?.end(signal.aborted ? 'stopped' : 'failed', error instanceof Error ? error.message : String(error));
    if (!begun) await folder?.discard();
    if (signal.aborted && error === signal.reason) throw stopped(error);
    throw error;
  } finally {
    await executor?.close(finished);
    await watch?.close(signal);
  }
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
