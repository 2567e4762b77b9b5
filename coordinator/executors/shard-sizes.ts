// How many samples everything of a run has, and which: arithmetic over its shape, and the samples that are skipped.

import { batchSamples, shardStart } from '../../src/data/sampler.ts';
import type { SplitName } from '../../src/engine.ts';
import { PART_SAMPLES, partsOf, type RunShape, samplesOf } from '../../src/kernels/memory-shape.ts';

export class ShardSizes {
  readonly #shape: RunShape;
  readonly #skippedAt: (first: number, end: number) => number;

  /** `skippedAt`: how many of the positions [first, end) of the current epoch's order are skipped. */
  constructor(shape: RunShape, skippedAt: (first: number, end: number) => number = () => 0) {
    this.#shape = shape;
    this.#skippedAt = skippedAt;
  }

  /** Samples of a global batch of the current epoch that are computed. */
  batch(stepInEpoch: number): number {
    return this.shards(stepInEpoch).reduce((sum, samples) => sum + samples, 0);
  }

  /** The same of each of its shards. */
  shards(stepInEpoch: number): number[] {
    return Array.from({ length: this.#shape.shards }, (_, shard) => {
      const { first, end } = this.positions(stepInEpoch, shard);
      return end - first - this.#skippedAt(first, end);
    });
  }

  /** Positions of a shard's samples in the epoch's order. */
  positions(stepInEpoch: number, shard: number): { first: number; end: number } {
    const { first, end } = this.#range(stepInEpoch, shard);
    const start = stepInEpoch * this.#shape.batchSize;
    return { first: start + first, end: start + end };
  }

  parts(split: SplitName): number {
    return partsOf(samplesOf(this.#shape, split));
  }

  part(split: SplitName, part: number): number {
    return Math.min(PART_SAMPLES, samplesOf(this.#shape, split) - part * PART_SAMPLES);
  }

  #range(stepInEpoch: number, shard: number): { first: number; end: number } {
    const { shards, batchSize, trainingCount } = this.#shape;
    const count = batchSamples(stepInEpoch, batchSize, trainingCount);
    return { first: shardStart(count, shards, shard), end: shardStart(count, shards, shard + 1) };
  }
}
