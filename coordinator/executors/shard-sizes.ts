// How many samples everything of a run has, and which: pure arithmetic over its shape.

import { batchSamples, shardStart } from '../../src/data/sampler.ts';
import type { SplitName } from '../../src/engine.ts';
import { PART_SAMPLES, partsOf, type RunShape, samplesOf } from '../../src/kernels/memory-plan.ts';

export class ShardSizes {
  readonly #shape: RunShape;

  constructor(shape: RunShape) {
    this.#shape = shape;
  }

  batch(stepInEpoch: number): number {
    return batchSamples(stepInEpoch, this.#shape.batchSize, this.#shape.trainingCount);
  }

  /** Samples of each shard of a global batch. */
  shards(stepInEpoch: number): number[] {
    return Array.from({ length: this.#shape.shards }, (_, shard) => {
      const { first, end } = this.#range(stepInEpoch, shard);
      return end - first;
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
    const count = this.batch(stepInEpoch);
    const { shards } = this.#shape;
    return { first: shardStart(count, shards, shard), end: shardStart(count, shards, shard + 1) };
  }
}
