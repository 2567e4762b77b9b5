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
import { initialParameters } from '../src/model/init.ts';
import { namedTensors } from '../src/model/layout.ts';
import { loadDataset } from './dataset-files.ts';
import type { Executor } from './executor.ts';
import { makeExecutor, shapeOf, type Wiring } from './make-executor.ts';
import { RunFolder } from './run-folder.ts';
import { summarize } from './summary.ts';
import { trainLoop } from './trainer.ts';

export interface Hooks {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
}

export async function trainRun(asked: TrainOptions, hooks: Hooks, wiring: Wiring): Promise<Summary> {
  const started = performance.now();
  const onEvent = hooks.onEvent ?? (() => undefined);
  const signal = hooks.signal ?? new AbortController().signal;
  const options = { ...asked, threads: resolveThreads(asked, availableParallelism()) };
  const { threads } = options;
  // before anything is written: an engine that is not there is bad usage
  if (options.engine !== 'wasm') await wiring.selfTest(options.engine);
  const data = await loadDataset(options.data);
  checkAgainstData(options, data.train.count);
  const split = splitImages(options.seed, data.train.count, options.valSize, options.limitTrain);
  const shape = shapeOf(options, data, split, threads);
  const { layout } = shape;
  const plan = planMemory(shape, wiring.heapBase());
  const folder = options.out === null ? null : await RunFolder.create(options.out, configForFile(options));

  let executor: Executor | null = null;
  let begun = false;
  try {
    const run = new RunMemory(layMemory(plan, true), plan);
    run.setData(data.train, data.test, split.validation);
    run.setState(layout, 0, initialParameters(layout, options.seed));
    const module = wiring.sharedKernels();
    const kernels = instantiate(module, run.memory);
    run.preparePartials(kernels, 0);
    executor = await makeExecutor({ shape, options, run, module, kernels, onEvent, wiring });
    if (threads > options.shards) onEvent({ type: 'warning', message: idleWarning(threads, options.shards) });
    onEvent({
      type: 'start',
      epochs: options.epochs,
      stepsPerEpoch: stepsPerEpoch(split.training.length, options.batchSize),
      trainSamples: split.training.length,
      validationSamples: split.validation.length,
      testSamples: data.test.count,
      parameters: layout.parameters,
      engine: options.engine,
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
      engine: options.engine,
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
