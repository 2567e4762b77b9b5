// The second engine: gradients by TensorFlow.js, one shard at a time, on the samples that our kernels make; the nodes of a
// block are added along the canonical tree by our kernels too, and so is the commit.
// TFJS.md says what was measured, and what makes it sound in several threads.

import { batchSamples, shardStart } from '../../src/data/sampler.ts';
import type { Engine, EngineSpec, SplitName, StepAddress } from '../../src/engine.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { PART_SAMPLES, samplesOf } from '../../src/kernels/memory-shape.ts';
import { bufferOf, type RunMemory } from '../../src/kernels/run-memory.ts';
import type { DenseScratch } from '../../src/kernels/worker-plan.ts';
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
  readonly #memory: RunMemory;
  readonly #spec: EngineSpec;
  readonly #scratch: number;
  readonly #dense: DenseScratch;
  readonly #network: TfjsNetwork;
  readonly #committer: Committer;
  /** The step whose parameters the network holds. */
  #step = -1;

  constructor(tf: Tensorflow, memory: RunMemory, worker: number, spec: EngineSpec) {
    const { scratch, dense } = memory.plan.workers[worker]!;
    if (!dense) throw new Error('the memory was planned for an engine without dense samples');
    this.#kernels = memory.kernels;
    this.#memory = memory;
    this.#spec = spec;
    this.#scratch = scratch;
    this.#dense = dense;
    this.#network = new TfjsNetwork(tf, memory.plan.shape.layout.layers);
    this.#committer = new Committer(memory, worker, false);
  }

  computeBlock({ epoch, step, stepInEpoch }: StepAddress, { level, index }: BlockAddress, slot: number): void {
    const { shape, slots } = this.#memory.plan;
    const { vector, sums } = slots[slot]!;
    const first = stepInEpoch * shape.batchSize;
    const count = batchSamples(stepInEpoch, shape.batchSize, shape.trainingCount);
    this.#useParameters(step);
    this.#memory.setSums(sums, this.#computeNode({ epoch, first, count }, level, index, vector));
    // TensorFlow may leave -0, for which adding an empty shard or skipping it would not be the same
    this.#kernels.unsignZeros(vector, this.#memory.plan.vectorBytes);
  }

  evaluatePart(split: SplitName, part: number, step: number, epoch: number): void {
    const { plan } = this.#memory;
    const test = split === 'test';
    const first = part * PART_SAMPLES;
    const end = Math.min(first + PART_SAMPLES, samplesOf(plan.shape, split));
    this.#kernels.denseImages(
      plan.runRecord,
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
    this.#memory.setSums(this.#memory.partSumsAt(part), this.#network.evaluate(samples, labels));
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
    this.#kernels.add(target, temporary, this.#memory.plan.vectorBytes);
    return {
      lossSum: left.lossSum + right.lossSum,
      correctCount: left.correctCount + right.correctCount,
      sampleCount: left.sampleCount + right.sampleCount,
    };
  }

  /** Never more than one shard at a time: how TensorFlow sums depends on how many samples it is given. */
  #computeShard({ epoch, first, count }: Batch, shard: number, target: number): Sums {
    const { plan } = this.#memory;
    const start = first + shardStart(count, plan.shape.shards, shard);
    const end = first + shardStart(count, plan.shape.shards, shard + 1);
    this.#kernels.denseSamples(
      plan.runRecord,
      this.#scratch,
      epoch,
      start,
      end,
      this.#dense.samples,
      this.#dense.labels,
    );
    const { samples, labels } = this.#samples(end - start);
    return this.#network.computeGradient(samples, labels, this.#memory.vector(target));
  }

  #samples(count: number): { samples: Float32Array; labels: Uint8Array } {
    const { wasmMemory, plan, bytes } = this.#memory;
    const rowLength = plan.shape.rows * plan.shape.columns + 1;
    return {
      samples: new Float32Array(wasmMemory.buffer, this.#dense.samples, count * rowLength),
      labels: bytes.subarray(this.#dense.labels, this.#dense.labels + count),
    };
  }

  /** Once a step and thread, not once a shard. */
  #useParameters(step: number): void {
    if (step === this.#step) return;
    this.#network.setParameters(this.#memory.vector(bufferOf(this.#memory.plan.parameters, step)));
    this.#step = step;
  }
}
