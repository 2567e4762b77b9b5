// How many samples everything of a run has, and which: pure arithmetic over its counts.

import { batchSamples, shardStart, stepsPerEpoch } from '../src/data/sampler.ts';
import type { SplitName } from '../src/engine.ts';
import { CHUNK_SAMPLES, chunksOf } from '../src/kernels/memory-plan.ts';
import { type BlockAddress, shardsOfBlock } from '../src/reduce.ts';

export interface RunCounts {
  readonly shards: number;
  readonly batchSize: number;
  readonly trainingCount: number;
  readonly validationCount: number;
  readonly testCount: number;
}

export class RunSizes {
  readonly counts: RunCounts;

  constructor(counts: RunCounts) {
    this.counts = counts;
  }

  stepInEpoch(epoch: number, step: number): number {
    return step - epoch * stepsPerEpoch(this.counts.trainingCount, this.counts.batchSize);
  }

  batch(stepInEpoch: number): number {
    return batchSamples(stepInEpoch, this.counts.batchSize, this.counts.trainingCount);
  }

  /** Samples of each shard of a global batch. */
  shards(stepInEpoch: number): number[] {
    return Array.from({ length: this.counts.shards }, (_, shard) =>
      this.block(stepInEpoch, { level: 0, index: shard }),
    );
  }

  block(stepInEpoch: number, block: BlockAddress): number {
    const { first, end } = this.#range(stepInEpoch, block);
    return end - first;
  }

  /** Positions of a shard's samples in the epoch's order. */
  positions(stepInEpoch: number, shard: number): { first: number; end: number } {
    const { first, end } = this.#range(stepInEpoch, { level: 0, index: shard });
    const start = stepInEpoch * this.counts.batchSize;
    return { first: start + first, end: start + end };
  }

  chunks(split: SplitName): number {
    return chunksOf(this.#split(split));
  }

  chunk(split: SplitName, chunk: number): number {
    return Math.min(CHUNK_SAMPLES, this.#split(split) - chunk * CHUNK_SAMPLES);
  }

  #range(stepInEpoch: number, block: BlockAddress): { first: number; end: number } {
    const { first, end } = shardsOfBlock(block);
    const count = this.batch(stepInEpoch);
    const { shards } = this.counts;
    return { first: shardStart(count, shards, first), end: shardStart(count, shards, end) };
  }

  #split(split: SplitName): number {
    return split === 'test' ? this.counts.testCount : this.counts.validationCount;
  }
}
