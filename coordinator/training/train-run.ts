// From a run's options to its summary: opens the run, and has it run. It is handed what it may not know itself: how an engine
// is made, and where the threads' file and the kernels are.

import { ExitCode } from '../../src/errors.ts';
import { explained } from '../../src/host/machine-lack.ts';
import { machineLimits } from '../../src/host/machine-limits.ts';
import type { ThreadPool } from '../../src/host/thread-pool.ts';
import { unlessAborted } from '../../src/host/unless-aborted.ts';
import { layRun } from '../../src/kernels/lay-memory.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { printableEvent, type Summary, type TrainEvent } from '../../src/run/events.ts';
import type { JustTrained } from '../evaluation/evaluation-set.ts';
import { finishedSummary } from '../evaluation/finished-run.ts';
import { inferenceOf } from '../evaluation/inference.ts';
import { startThreads, type TrainWiring } from './make-executor.ts';
import { type FinishedRun, type OpenRun, openRun } from './open-run.ts';
import type { Asked } from './resolve-with-run.ts';
import { RunUnderWay } from './run-under-way.ts';
import type { TrainDeps } from './train-deps.ts';

interface TrainHooks extends TrainDeps {
  /** Handed what a run that is done has in memory, for who has to look at it as well. */
  readonly onTrained?: (known: JustTrained) => void;
}

export async function trainRun({ options, resumed }: Asked, hooks: TrainHooks, wiring: TrainWiring): Promise<Summary> {
  const started = performance.now();
  const onEvent = (event: TrainEvent) => hooks.onEvent?.(printableEvent(event));
  const toldToStop = hooks.signal ?? new AbortController().signal;
  // refused before anything is read or made
  const wide = options.wide ? wiring.wideKernels() : null;
  const module = wide?.module ?? wiring.sharedKernels();
  let heard = onEvent;
  let pool: ThreadPool | null = null;
  const opened = await openRun({
    options,
    resumed,
    engine: options.engine,
    program: wiring.programVersion,
    // our own is always there
    checkEngine: async () => {
      if (options.engine !== 'wasm') await unlessAborted(wiring.selfTest(options.engine), toldToStop);
    },
    layMemory: (shape) => {
      const memory = layRun(shape, module, wiring.heapBase());
      // they start while the images are read
      pool = startThreads({ options, memory, module, wide, wiring }, (event) => heard(event));
      return memory;
    },
    finishedSummary: async (source) => await finishedSummary(source, options, wiring, onEvent),
    onEvent,
    signal: toldToStop,
  }).catch(async (error: unknown) => {
    await pool?.close();
    throw explained(error, machineLimits, ExitCode.usage);
  });
  if ('finished' in opened) return tellOfFinished(opened, options, onEvent);
  const before = opened.start?.seconds ?? 0;
  const seconds = () => before + (performance.now() - started) / 1000;
  const { checkpointRequests, onPhase = () => undefined, launch = null } = hooks;
  const runHooks = { checkpointRequests, onPhase, onEvent, toldToStop, seconds, launch };
  const run = new RunUnderWay(opened, { module, wide, pool }, runHooks, wiring);
  heard = run.onEvent;
  const summary = await run.run();
  hooks.onTrained?.(justTrained(opened, summary));
  return summary;
}

function justTrained({ data, facts, numbers, memory }: OpenRun, { digest, test }: Summary): JustTrained {
  const inference = memory.plan.shape.outcomes ? inferenceOf(memory, test) : null;
  return {
    data,
    digest: facts.dataDigest,
    training: numbers.training,
    tested: inference && { digest, inference },
  };
}

function tellOfFinished(
  { finished, withoutEffect }: FinishedRun,
  { resume }: TrainOptions,
  onEvent: (event: TrainEvent) => void,
): Summary {
  onEvent({ type: 'info', message: `${resume} is finished: this is its summary` });
  if (withoutEffect.length > 0) {
    const message = `${resume} is finished and trains nothing more: ${withoutEffect.join(', ')} had no effect`;
    onEvent({ type: 'warning', message });
  }
  onEvent({ type: 'done', summary: finished, folder: resume });
  return finished;
}
