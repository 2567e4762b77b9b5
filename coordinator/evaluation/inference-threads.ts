// How many threads a trained model's images are worth. Pure.

import type { Model } from '../../src/model/model.ts';

/**
 * Multiply-adds from which threads are started, a quarter of a second inline: to start one takes 50 ms of a core. The
 * reference network comes to it with 73,000 images, one of 1024 and 1024 with 4,300.
 */
const WORTH_THREADS = 8e9;

/** 0: inline. The figures are the same for any number. */
export function inferenceThreads({ layout }: Pick<Model, 'layout'>, images: number, cores: number): number {
  return layout.size * images < WORTH_THREADS || cores < 2 ? 0 : Math.min(cores, 64);
}
