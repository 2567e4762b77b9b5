// The second engine: gradients by TensorFlow.js, one shard at a time, on the samples that our kernels make; the nodes of a
// block are added along the canonical tree by our kernels too, and so is the commit.
// TFJS.md says what was measured, and what makes it sound in several threads.

import { batchSamples, shardStart } from '../../src/data/sampler.ts';
import type { Engine, EngineSpec, SplitName, StepAddress } from '../../src/engine.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { CHUNK_SAMPLES, type DenseScratch } from '../../src/kernels/memory-plan.ts';
import { at, type RunMemory } from '../../src/kernels/run-memory.ts';
import { Purpose } from '../../src/random.ts';
import type { Sums } from '../../src/sums.ts';
import type { BlockAddress } from '../../src/tree.ts';
import { Committer } from './committer.ts';
import { TfjsNetwork } from './tfjs-network.ts';
import type { Tensorflow } from './tfjs-node.ts';

/** A global batch: which of the epoch's positions it has. */
interface Batch {
  readonly epoch: number;
  readonly first: number;
  readonly count: number;
}

export class TfjsEngine implements Engine {
  readonly name = 'tfjs-node';
  readonly #kernels: Kernels;
  readonly #run: RunMemory;
  readonly #spec: EngineSpec;
  readonly #scratch: number;
  readonly #dense: DenseScratch;
  readonly #network: TfjsNetwork;
  readonly #committer: Committer;
  /** The step whose parameters the network holds. */
  #step = -1;

  constructor(tf: Tensorflow, kernels: Kernels, run: RunMemory, worker: number, spec: EngineSpec) {
    const { scratch, dense } = run.plan.workers[worker]!;
    if (!dense) throw new Error('the memory was planned for an engine without dense samples');
    this.#kernels = kernels;
    this.#run = run;
    this.#spec = spec;
    this.#scratch = scratch;
    this.#dense = dense;
    this.#network = new TfjsNetwork(tf, run.plan.shape.layout.layers);
    this.#committer = new Committer(kernels, run, worker, false);
  }

  computeBlock({ epoch, step, stepInEpoch }: StepAddress, { level, index }: BlockAddress, slot: number): void {
    const { shape, slots } = this.#run.plan;
    const { vector, figures } = slots[slot]!;
    const first = stepInEpoch * shape.batchSize;
    const count = batchSamples(stepInEpoch, shape.batchSize, shape.trainingCount);
    this.#useParameters(step);
    this.#run.setFigures(figures, this.#computeNode({ epoch, first, count }, level, index, vector));
    // TensorFlow may leave -0, for which adding an empty shard or skipping it would not be the same
    this.#kernels.unsignZeros(vector, this.#run.plan.vectorBytes);
  }

  evaluateChunk(split: SplitName, chunk: number, step: number, epoch: number): void {
    const { plan } = this.#run;
    const test = split === 'test';
    const first = chunk * CHUNK_SAMPLES;
    const end = Math.min(first + CHUNK_SAMPLES, test ? this.#spec.testCount : this.#spec.validationCount);
    this.#kernels.denseImages(
      plan.run,
      this.#scratch,
      test ? plan.testImages : plan.images,
      test ? plan.testLabels : plan.labels,
      test ? 0 : plan.validationNumbers,
      first,
      end,
      !test && this.#spec.augmentValidation ? Purpose.augmentValidation : 0,
      epoch,
      this.#dense.samples,
      this.#dense.labels,
    );
    this.#useParameters(step);
    const { samples, labels } = this.#samples(end - first);
    this.#run.setFigures(plan.chunkFigures + chunk * 16, this.#network.evaluate(samples, labels));
  }

  updateSlice(step: number, nodeCount: number, sampleCount: number, slice: number): boolean {
    return this.#committer.updateSlice(step, nodeCount, sampleCount, slice);
  }

  close(): void {
    this.#network.close();
  }

  /** Tree node (level, index) of a batch into the vector at `target`. */
  #computeNode(batch: Batch, level: number, index: number, target: number): Sums {
    if (level === 0) return this.#computeShard(batch, index, target);
    const temporary = this.#dense.temporaries[level - 1]!;
    const left = this.#computeNode(batch, level - 1, 2 * index, target);
    const right = this.#computeNode(batch, level - 1, 2 * index + 1, temporary);
    this.#kernels.add(target, temporary, this.#run.plan.vectorBytes);
    return {
      lossSum: left.lossSum + right.lossSum,
      correctCount: left.correctCount + right.correctCount,
      sampleCount: left.sampleCount + right.sampleCount,
    };
  }

  /** Never more than one shard at a time: how TensorFlow sums depends on how many samples it is given. */
  #computeShard({ epoch, first, count }: Batch, shard: number, target: number): Sums {
    const { plan } = this.#run;
    const start = first + shardStart(count, plan.shape.shards, shard);
    const end = first + shardStart(count, plan.shape.shards, shard + 1);
    this.#kernels.denseSamples(plan.run, this.#scratch, epoch, start, end, this.#dense.samples, this.#dense.labels);
    const { samples, labels } = this.#samples(end - start);
    return this.#network.computeGradient(samples, labels, this.#run.vector(target));
  }

  #samples(count: number): { samples: Float32Array; labels: Uint8Array } {
    const { memory, plan, bytes } = this.#run;
    const pixels = plan.shape.rows * plan.shape.columns;
    return {
      samples: new Float32Array(memory.buffer, this.#dense.samples, count * pixels),
      labels: bytes.subarray(this.#dense.labels, this.#dense.labels + count),
    };
  }

  /** Once a step and thread, not once a shard. */
  #useParameters(step: number): void {
    if (step === this.#step) return;
    this.#network.setParameters(this.#run.vector(at(this.#run.plan.parameters, step)));
    this.#step = step;
  }
}
