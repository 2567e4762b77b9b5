// The library's door: train a run, or use the very kernels that training runs on data of your own. One of the two files
// that wire coordinator and worker together.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Wiring } from '../coordinator/make-executor.ts';
import { type Hooks, trainRun } from '../coordinator/train-run.ts';
import { makeEngine } from '../worker/make-engine.ts';
import { selfTestDigest } from '../worker/self-test.ts';
import { resolveOptions, type TrainOptions } from './config.ts';
import type { Summary } from './events.ts';
import { instantiate } from './kernels/kernels.ts';
import { Workbench } from './kernels/workbench.ts';

export type { TrainOptions } from './config.ts';
export { LockstepError } from './errors.ts';
export type { EpochRecord, Figures, Summary, TrainEvent } from './events.ts';
export type { AdamOptimizer, AdamOptions, GradientInput, GradientResult, RotateAndCrop } from './kernels/workbench.ts';

const resolve = createRequire(import.meta.url).resolve;

function compiled(file: string): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(resolve(file)));
}

function heapBase(): number {
  return instantiate(compiled('#kernels-private'), new WebAssembly.Memory({ initial: 2 })).heapBase();
}

/**
 * What this package's own build provides.
 * @internal
 */
export const wiring: Wiring = {
  sharedKernels: () => compiled('#kernels-shared'),
  heapBase,
  threadFile: pathToFileURL(resolve('#thread')).href,
  makeEngine,
  selfTest: (engine) => selfTestDigest(engine, compiled('#kernels-shared'), heapBase()),
};

/**
 * Trains a run. It prints nothing, sets no handlers, and writes only where `options.out` is given.
 * @param options what differs from the defaults of `lockstep train`
 * @throws LockstepError for everything that a user can mend
 */
export async function train(options: Partial<TrainOptions> = {}, hooks: Hooks = {}): Promise<Summary> {
  return await trainRun(resolveOptions(options, null), hooks, wiring);
}

let bench: Workbench | null = null;

function workbench(): Workbench {
  bench ??= new Workbench(compiled('#kernels-private'));
  return bench;
}

/**
 * Rotates an image about its centre (nearest neighbour, background 0) and crops it out of itself padded by 2, as
 * torchvision's RandomRotation and RandomCrop do.
 * @param pixels rows * columns bytes, row-major; they are not changed
 */
export const augmentImage: Workbench['augmentImage'] = (pixels, options) => workbench().augmentImage(pixels, options);

/** The gradient of the summed cross-entropy over some images, as a worker computes it for a shard. */
export const computeGradient: Workbench['computeGradient'] = (input) => workbench().computeGradient(input);

/** Adam (Kingma and Ba, 2015) over a flat vector. */
export const createAdam: Workbench['createAdam'] = (size, options) => workbench().createAdam(size, options);
