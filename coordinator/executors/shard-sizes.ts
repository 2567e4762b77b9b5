// How many samples everything of a run has, and which: pure arithmetic over its counts.

import { batchSamples, shardStart } from '../../src/data/sampler.ts';
import type { SplitName } from '../../src/engine.ts';
import { PART_SAMPLES, partsOf } from '../../src/kernels/memory-shape.ts';

export interface RunCounts {
  readonly shards: number;
  readonly batchSize: number;
  readonly trainingCount: number;
  readonly validationCount: number;
  readonly testCount: number;
}

export class ShardSizes {
  readonly counts: RunCounts;

  constructor(counts: RunCounts) {
    this.counts = counts;
  }

  batch(stepInEpoch: number): number {
    return batchSamples(stepInEpoch, this.counts.batchSize, this.counts.trainingCount);
  }

  /** Samples of each shard of a global batch. */
  shards(stepInEpoch: number): number[] {
    return Array.from({ length: this.counts.shards }, (_, shard) => {
      const { first, end } = this.#range(stepInEpoch, shard);
      return end - first;
    });
  }

  /** Positions of a shard's samples in the epoch's order. */
  positions(stepInEpoch: number, shard: number): { first: number; end: number } {
    const { first, end } = this.#range(stepInEpoch, shard);
    const start = stepInEpoch * this.counts.batchSize;
    return { first: start + first, end: start + end };
  }

  parts(split: SplitName): number {
    return partsOf(this.#split(split));
  }

  part(split: SplitName, part: number): number {
    return Math.min(PART_SAMPLES, this.#split(split) - part * PART_SAMPLES);
  }

  #range(stepInEpoch: number, shard: number): { first: number; end: number } {
    const count = this.batch(stepInEpoch);
    const { shards } = this.counts;
    return { first: shardStart(count, shards, shard), end: shardStart(count, shards, shard + 1) };
  }

  #split(split: SplitName): number {
    return split === 'test' ? this.counts.testCount : this.counts.validationCount;
  }
}
