// One run from its options to its results: data, memory, executor, loop, checkpoints, folder. It is handed what it may not
// know itself: how an engine is made, and where the threads' file and the kernels are.

import { availableParallelism } from 'node:os';
import { formOf } from '../../src/data/picture-form.ts';
import { stepsPerEpoch } from '../../src/data/sampler.ts';
import { ExitCode, type LockstepError, messageOf } from '../../src/errors.ts';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import { explained } from '../../src/host/machine-lack.ts';
import { machineLimits } from '../../src/host/machine-limits.ts';
import { unlessAborted } from '../../src/host/unless-aborted.ts';
import { instantiate, type Kernels } from '../../src/kernels/kernels.ts';
import { layMemory, planMemory } from '../../src/kernels/memory-plan.ts';
import { RunMemory } from '../../src/kernels/run-memory.ts';
import { initialParameters } from '../../src/model/init.ts';
import { namedTensors, widthsOf } from '../../src/model/layout.ts';
import { modelMetadata } from '../../src/model/model.ts';
import { resolveThreads } from '../../src/options/config.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { digestOf, stateDigestOf } from '../../src/run/digest.ts';
import { printableEvent, type Summary, type TrainEvent } from '../../src/run/events.ts';
import { bestEpochOf, endStepOf, startPosition } from '../../src/run/position.ts';
import { firstSelectable } from '../../src/run/run-record.ts';
import type { Means } from '../../src/sums.ts';

import { finishedSummary } from '../evaluation/finished-run.ts';
import type { Executor } from '../executors/executor.ts';
import { nobody } from '../executors/worker-status.ts';
import type { Watch } from '../watch/watch.ts';
import { BestParameters } from './best-parameters.ts';
import type { CheckpointRequests } from './checkpoint-requests.ts';
import type { Checkpointer } from './checkpointer.ts';
import { stopped } from './interruption.ts';
import { makeExecutor, type TestedWiring } from './make-executor.ts';
import { type OpenRun, openRun } from './open-run.ts';
import { checkpointerOf } from './run-checkpoints.ts';
import type { Phase } from './run-phase.ts';
import { watchRun } from './start-watch.ts';
import { summarize } from './summary.ts';
import { type Outcome, trainLoop } from './trainer.ts';

export interface TrainDeps {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
  /** By these a run writes a checkpoint out of turn, and goes on. */
  readonly checkpointRequests?: CheckpointRequests;
  /** Told what the run is at; it begins with 'starting'. */
  readonly onPhase?: (phase: Phase) => void;
}

export async function trainRun(asked: TrainOptions, hooks: TrainDeps, wiring: TestedWiring): Promise<Summary> {
  const started = performance.now();
  const told = (event: TrainEvent) => hooks.onEvent?.(printableEvent(event));
  const onPhase = hooks.onPhase ?? (() => undefined);
  let watch: Watch | null = null;
  const onEvent = (event: TrainEvent) => (watch?.onEvent ?? told)(event);
  const options = { ...asked, threads: resolveThreads(asked, availableParallelism()) };
  const toldToStop = hooks.signal ?? new AbortController().signal;
  const opened = await openRun({
    options,
    engine: options.engine,
    program: wiring.programVersion,
    // our own is always there
    checkEngine: async () => {
      if (options.engine !== 'wasm') await unlessAborted(wiring.selfTest(options.engine), toldToStop);
    },
    checkShape: (shape) => planMemory(shape, wiring.heapBase()),
    finishedSummary: async (source) => await finishedSummary(source, options, wiring, onEvent),
    onEvent,
    signal: toldToStop,
  });
  if ('finished' in opened) {
    onEvent({ type: 'info', message: `${asked.resume} is finished: this is its summary` });
    if (opened.withoutEffect.length > 0) {
      const message = `${asked.resume} is finished and trains nothing more: ${opened.withoutEffect.join(', ')} had no effect`;
      onEvent({ type: 'warning', message });
    }
    onEvent({ type: 'done', summary: opened.finished, folder: asked.resume });
    return opened.finished;
  }

  const { data, split, shape, folder, start } = opened;
  const { layout } = shape;
  const seconds = () => (start?.seconds ?? 0) + (performance.now() - started) / 1000;
  // a checkpoint that fails may stop the run as a signal does
  const failing = new AbortController();
  const signal = AbortSignal.any([toldToStop, failing.signal]);
  let executor: Executor | null = null;
  let checkpointer: Checkpointer | null = null;
  let begun = false;
  let finished = false;
  try {
    watch = await watchRun(opened, options, wiring.programVersion, told);
    const plan = planMemory(shape, wiring.heapBase());
    const memory = new RunMemory(layMemory(plan, true), plan);
    const module = wiring.sharedKernels();
    const kernels = instantiate(module, memory.wasmMemory);
    fill(memory, opened, kernels);
    const runName = folder?.name ?? 'unsaved';
    executor = await makeExecutor({
      shape,
      options,
      runName,
      data,
      memory,
      module,
      kernels,
      onEvent,
      signal,
      wiring,
      observer: watch?.observer ?? nobody,
    });
    if (options.threads > options.shards) {
      onEvent({ type: 'threadsIdle', threads: options.threads, shards: options.shards });
    }
    await opened.begin();
    const stepsInEpoch = stepsPerEpoch(split.training.length, options.batchSize);
    onEvent({
      type: 'start',
      epochs: options.epochs,
      stepsPerEpoch: stepsInEpoch,
      endStep: endStepOf(start?.position ?? startPosition, options, stepsInEpoch),
      trainSamples: split.training.length,
      validationSamples: split.validation.length,
      testSamples: data.test.count,
      parameters: layout.parameters,
      engine: options.engine,
      threads: options.threads,
    });
    begun = true;

    const onFatal = (error: LockstepError) => failing.abort(error);
    const best = bestOfRun(options, opened);
    checkpointer = await checkpointerOf(opened, {
      memory,
      options,
      best,
      program: wiring.programVersion,
      seconds,
      onEvent,
      onFatal,
    });
    const choice =
      best === null
        ? null
        : {
            consider: ({ loss }: Means, step: number, whole: boolean) =>
              best.consider(loss, whole, () => memory.parametersAt(layout, step)),
            recall: (step: number) => {
              if (best.parameters === null) return step;
              // those of the step after the last stand where none of the last state does
              memory.setParameters(layout, step + 1, best.parameters);
              memory.preparePartials(kernels, step + 1);
              return step + 1;
            },
          };
    const watched = watch?.observe(executor, memory) ?? executor;
    const outcome = await trainLoop(watched, memory, split, options, start?.position ?? startPosition, {
      onEvent,
      signal,
      choice,
      checkpointDue: () => hooks.checkpointRequests?.pending ?? false,
      onPhase,
      onCheckpoint: async (position, validation) => {
        const asked = hooks.checkpointRequests?.take() ?? false;
        await checkpointer?.save(position, validation);
        if (asked) void tellOfAsked(checkpointer, position.step, onEvent);
      },
    });
    onPhase('results');
    await checkpointer?.settled();
    failing.signal.throwIfAborted();
    const summary = await conclude(opened, memory, outcome, best?.parameters ?? null, seconds());
    finished = true;
    onPhase('metrics');
    await watch?.end('done', null);
    onEvent({ type: 'done', summary, folder: folder?.path ?? null });
    return summary;
  } catch (error) {
    await checkpointer?.settled();
    // before that, nothing of it is to be seen in the folder
    if (begun) {
      const reason = messageOf(error);
      await watch?.end(hooks.signal?.aborted ? 'stopped' : 'failed', reason);
    }
    if (!begun) await folder?.discard();
    if (hooks.signal?.aborted && error === hooks.signal.reason) {
      const stays = folder !== null && (begun || !folder.isNew);
      const newest = checkpointer === null ? start?.position.step : checkpointer.newestStep;
      throw stopped(error, stays ? { folder: folder.path, newestStep: newest ?? null } : null);
    }
    throw explained(error, machineLimits, begun ? ExitCode.runFailed : ExitCode.usage);
  } finally {
    await executor?.close(finished);
    await folder?.close();
    await watch?.close(signal);
  }
}

/** The training goes on meanwhile; of a failure a warning tells, but only of the first in a row. */
async function tellOfAsked(
  checkpointer: Checkpointer | null,
  step: number,
  onEvent: (event: TrainEvent) => void,
): Promise<void> {
  if (checkpointer === null) {
    return onEvent({ type: 'info', message: 'No checkpoint is written: the run has no folder' });
  }
  await checkpointer.settled();
  // a later one has all of it
  const written = (checkpointer.newestStep ?? 0) >= step;
  const what = written ? 'is written' : step === 0 ? 'is not needed: nothing is trained' : 'could not be written';
  onEvent({ type: 'info', message: `The checkpoint that was asked for, of step ${step}, ${what}` });
}

/** Puts the data and the state of the first step into the memory. */
function fill(memory: RunMemory, { data, split, shape, start }: OpenRun, kernels: Kernels): void {
  const { layout, seed } = shape;
  memory.setData(data.train, data.test, split.validation);
  const step = start?.position.step ?? 0;
  if (start === null) memory.setState(layout, 0, initialParameters(layout, seed));
  else memory.setState(layout, step, start.state.parameters, start.state.firstMoments, start.state.secondMoments);
  memory.preparePartials(kernels, step);
}

/** With --select best: the best parameters, from those of the epochs before if the run is resumed. */
function bestOfRun(options: TrainOptions, { start, changes }: OpenRun): BestParameters | null {
  if (options.select !== 'best') return null;
  const history = start?.position.history ?? [];
  const before = history[bestEpochOf(history, firstSelectable(changes, history))]?.validation;
  const known = before !== undefined && before !== null && start?.bestParameters;
  return new BestParameters(known ? { loss: before.loss, parameters: known } : null);
}

/** The summary, and the files of a run that has come to its end. summary.json is the last: it says that all is there. */
async function conclude(
  { data, shape, folder, facts, changes }: OpenRun,
  memory: RunMemory,
  outcome: Outcome,
  chosen: Float32Array | null,
  seconds: number,
): Promise<Summary> {
  const { layout, seed } = shape;
  const state = memory.state(layout, outcome.steps);
  const parameters = chosen ?? state.parameters;
  const summary = summarize(outcome, {
    run: folder?.name ?? 'unsaved',
    engine: facts.engine,
    seed,
    parameters: layout.parameters,
    seconds,
    digest: digestOf(parameters),
    stateDigest: stateDigestOf(state, outcome.steps),
    ...(chosen === null
      ? {}
      : { bestEpoch: bestEpochOf(outcome.history, firstSelectable(changes, outcome.history)) + 1 }),
  });
  await folder?.writeJson('history.json', outcome.history);
  await folder?.writeFile(
    'model.safetensors',
    encodeSafetensors(
      namedTensors(layout, parameters),
      modelMetadata({ ...data.train, widths: widthsOf(layout), form: formOf(data.train) }),
    ),
  );
  await folder?.writeJson('summary.json', summary);
  return summary;
}
