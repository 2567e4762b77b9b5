// The library's door: train a run, or use the very kernels that training runs on data of your own. One of the two files
// that wire coordinator and worker together.

import './host/process/without-maglev.ts';

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { trainAndReport } from '../coordinator/train-and-report.ts';
import { resolveWithRun } from '../coordinator/training/resolve-with-run.ts';
import type { TrainDeps } from '../coordinator/training/train-deps.ts';
import { makeEngine } from '../worker/engines/make-engine.ts';
import { selfTestDigest } from '../worker/engines/self-test.ts';
import type { WideKernels } from './engine.ts';
import { compileWide } from './host/wide.ts';
import { instantiate } from './kernels/kernels.ts';
import {
  type AdamOptimizer,
  type AdamOptions,
  type GradientInput,
  type GradientResult,
  type RotateAndCrop,
  Workbench,
} from './kernels/workbench.ts';
import type { TrainOptions } from './options/train-options.ts';
import type { TrainEvent } from './run/events.ts';
import { type Run, runOf } from './run/run-stream.ts';
import type { Wiring } from './wiring.ts';

export { CheckpointRequests } from '../coordinator/training/checkpoint-requests.ts';
export type { Phase } from '../coordinator/training/run-phase.ts';
export type { TrainDeps } from '../coordinator/training/train-deps.ts';
export type { AugmentChoice } from './data/augmentation.ts';
export { type ErrorCode, errorCodes } from './error-codes.ts';
export { ExitCode, type Explanation, isLockstepError, LockstepError } from './errors.ts';
export type { Normalization } from './model/normalization.ts';
export type { PresetName, TrainOptions } from './options/train-options.ts';
export type { CheckpointChoice } from './options/value-kinds.ts';
export {
  type Bound,
  type ClusterEvent,
  type EvictionReason,
  evictionReasons,
  type WorkerEvictionReason,
} from './run/cluster-event.ts';
export type { EpochRecord, EpochTiming, Summary, TrainEvent } from './run/events.ts';
export type { Run } from './run/run-stream.ts';
export type { Means } from './sums.ts';
export { type CloseName, closeCodes } from './wire/close-codes.ts';
export type { AdamOptimizer, AdamOptions, GradientInput, GradientResult, RotateAndCrop };

const resolve = createRequire(import.meta.url).resolve;

function compiled(path: string): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(path));
}

const { version: programVersion } = JSON.parse(readFileSync(resolve('#package'), 'utf8')) as { version: string };

function heapBase(): number {
  return instantiate(
    compiled(resolve('#kernels-private')),
    new WebAssembly.Memory({ initial: 2, maximum: 2 }),
  ).heapBase();
}

let bench: Workbench | null = null;

function workbench(): Workbench {
  bench ??= new Workbench(compiled(resolve('#kernels-private')));
  return bench;
}

let wide: WideKernels | null = null;

function wideKernels(): WideKernels {
  wide ??= {
    module: compileWide(readFileSync(resolve('#kernels-wide'))),
    narrow: compiled(resolve('#kernels-shared')),
  };
  return wide;
}

const selfTests = new Map<string, Promise<string>>();

/** Digest of an engine's answer to the self-test; made once, since a node may connect often. */
function selfTest(engine: string): Promise<string> {
  const known = selfTests.get(engine);
  if (known !== undefined) return known;
  const fresh = selfTestDigest(engine, compiled(resolve('#kernels-shared')), heapBase());
  selfTests.set(engine, fresh);
  return fresh;
}

/**
 * What this package's own build provides.
 * @internal
 */
export const wiring: Wiring = {
  sharedKernels: () => compiled(resolve('#kernels-shared')),
  wideKernels,
  heapBase,
  workbench,
  threadFile: pathToFileURL(resolve('#thread')).href,
  makeEngine,
  programVersion,
  selfTest,
};

/**
 * Trains a run. It prints nothing, sets no handlers, and writes only where `options.out` or `options.resume` is given.
 * An abort of the signal ends it after the current step and a checkpoint; so does an error that `onEvent` throws, which is then what
 * the run throws. The run begins at once, whether or not anybody awaits it.
 * @param options what differs from the defaults of `lockstep train`, or from the run that `resume` names
 * @returns a promise of the summary that is also an async iterable of the run's events
 * @throws LockstepError for everything that a user can mend, by the promise and by each loop over the events
 */
export function train(options: Partial<TrainOptions> = {}, hooks: TrainDeps = {}): Run {
  const stopping = new AbortController();
  const work = async (tell: (event: TrainEvent) => void) => {
    const signal = hooks.signal === undefined ? stopping.signal : AbortSignal.any([hooks.signal, stopping.signal]);
    const thrown: unknown[] = [];
    const onEvent = (event: TrainEvent) => {
      try {
        hooks.onEvent?.(event);
      } catch (error) {
        // events come from sockets, timers and writes too, where it would end the process or pass for a fault of the disk
        thrown.push(error);
        stopping.abort(error);
      }
      tell(event);
    };
    const training = resolveWithRun(options, null, 'option').then((asked) =>
      trainAndReport(asked, { ...hooks, signal, onEvent }, wiring),
    );
    await training.catch(() => undefined);
    if (thrown.length > 0) throw thrown[0];
    return await training;
  };
  return runOf(work, () => stopping.abort());
}

/**
 * Rotates an image about its centre (nearest neighbour, background 0) and crops it out of itself padded by 2, as
 * torchvision's RandomRotation and RandomCrop do.
 * @param pixels rows * columns bytes, row-major; they are not changed
 */
export function augmentImage(pixels: Uint8Array, options: RotateAndCrop): Uint8Array {
  return workbench().augmentImage(pixels, options);
}

/** The gradient of the summed cross-entropy over some images, as a worker computes it for a shard. */
export function computeGradient(input: GradientInput): GradientResult {
  return workbench().computeGradient(input);
}

/** Adam (Kingma and Ba, 2015) over a flat vector of `size` parameters. */
export function createAdam(size: number, options: AdamOptions = {}): AdamOptimizer {
  return workbench().createAdam(size, options);
}
