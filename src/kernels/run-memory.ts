// A run's memory seen from JavaScript: typed views, and the few reads and writes that are not kernels' work.

import type { ImageSet } from '../data/dataset.ts';
import type { Layout } from '../model/layout.ts';
import { toCanonicalOrder, toKernelOrder } from '../model/layout.ts';
import type { Sums } from '../sums.ts';
import type { BlockAddress } from '../tree.ts';
import type { Kernels } from './kernels.ts';
import { type MemoryPlan, type Pair, STEP_BYTES, STEP_RING, WORKER_TALLY } from './memory-plan.ts';

/** Scalars of a step that Adam needs; the powers are running products (beta1^t, beta2^t of step t, counted from 1). */
export interface StepScalars {
  readonly learningRate: number;
  readonly beta1Power: number;
  readonly beta2Power: number;
  /** Decoupled weight decay: the part of each parameter that the step takes off, learning rate times decay. */
  readonly decay: number;
}

export class RunMemory {
  readonly wasmMemory: WebAssembly.Memory;
  readonly plan: MemoryPlan;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  /** Pending nodes of sumFigures, one a level. */
  readonly #pending = { levels: new Int32Array(32), sums: new Float64Array(32) };

  constructor(memory: WebAssembly.Memory, plan: MemoryPlan) {
    this.wasmMemory = memory;
    this.plan = plan;
    this.bytes = new Uint8Array(memory.buffer);
    this.words = new Int32Array(memory.buffer);
    this.doubles = new Float64Array(memory.buffer);
  }

  /** A view of a parameter or gradient vector, in kernel order. */
  vector(address: number): Float32Array {
    return new Float32Array(this.wasmMemory.buffer, address, this.plan.vectorBytes / 4);
  }

  setData(train: ImageSet, test: ImageSet, validationNumbers: Uint32Array): void {
    const { images, labels, testImages, testLabels, validationNumbers: numbers } = this.plan;
    this.bytes.set(train.images, images);
    this.bytes.set(train.labels, labels);
    this.bytes.set(test.images, testImages);
    this.bytes.set(test.labels, testLabels);
    this.words.set(validationNumbers, numbers / 4);
  }

  /** Writes an epoch's order (image numbers) into the buffer of even or odd epochs. */
  setOrder(epoch: number, order: Uint32Array): void {
    this.words.set(order, this.plan.orders[epoch & 1]! / 4);
  }

  /** Makes an epoch's order the one that the kernels read. No thread may be computing. */
  useOrder(epoch: number): void {
    this.words[this.plan.orderWord] = this.plan.orders[epoch & 1]!;
  }

  /** Writes canonical vectors as the state that step `step` reads. */
  setState(layout: Layout, step: number, parameters: Float32Array, first?: Float32Array, second?: Float32Array): void {
    const zero = new Float32Array(layout.parameters);
    toKernelOrder(layout, parameters, this.vector(bufferOf(this.plan.parameters, step)));
    toKernelOrder(layout, first ?? zero, this.vector(bufferOf(this.plan.firstMoments, step)));
    toKernelOrder(layout, second ?? zero, this.vector(bufferOf(this.plan.secondMoments, step)));
  }

  /** The parameters alone; the moments stay. `preparePartials` has to follow. */
  setParameters(layout: Layout, step: number, parameters: Float32Array): void {
    toKernelOrder(layout, parameters, this.vector(bufferOf(this.plan.parameters, step)));
  }

  parametersAt(layout: Layout, step: number): Float32Array {
    return toCanonicalOrder(layout, this.vector(bufferOf(this.plan.parameters, step)));
  }

  /** Makes the sums of the first layer's rows that stand beside parameters: needed where no update has written them. */
  preparePartials(kernels: Pick<Kernels, 'sumFirstRows'>, step: number): void {
    kernels.sumFirstRows(this.plan.runRecord, bufferOf(this.plan.parameters, step), bufferOf(this.plan.partials, step));
  }

  /** Copies of the state that step `step` reads, in canonical order. */
  state(
    layout: Layout,
    step: number,
  ): { parameters: Float32Array; firstMoments: Float32Array; secondMoments: Float32Array } {
    const { parameters, firstMoments, secondMoments } = this.plan;
    return {
      parameters: toCanonicalOrder(layout, this.vector(bufferOf(parameters, step))),
      firstMoments: toCanonicalOrder(layout, this.vector(bufferOf(firstMoments, step))),
      secondMoments: toCanonicalOrder(layout, this.vector(bufferOf(secondMoments, step))),
    };
  }

  setStepScalars(step: number, scalars: StepScalars): void {
    const at = this.stepRecord(step);
    this.doubles[at] = scalars.learningRate;
    this.doubles[at + 1] = scalars.beta1Power;
    this.doubles[at + 2] = scalars.beta2Power;
    this.doubles[at + 6] = 0;
    this.doubles[at + 7] = 0;
    this.doubles[at + 8] = scalars.decay;
  }

  /** Of a step whose record still stands in the ring. */
  learningRate(step: number): number {
    return this.doubles[this.stepRecord(step)]!;
  }

  /**
   * When a step's gradients were there, and when it was committed (milliseconds of the machine's clock). Optional: for whoever
   * watches.
   */
  setStepComputed(step: number, ms: number): void {
    this.doubles[this.stepRecord(step) + 6] = ms;
  }

  setStepEnd(step: number, ms: number): void {
    this.doubles[this.stepRecord(step) + 7] = ms;
  }

  isStepComputed(step: number): boolean {
    return this.doubles[this.stepRecord(step) + 6] !== 0;
  }

  /** 0 where nobody noted it. */
  stepTimes(step: number): { readonly computedMs: number; readonly endMs: number } {
    const at = this.stepRecord(step);
    return { computedMs: this.doubles[at + 6]!, endMs: this.doubles[at + 7]! };
  }

  /** What a worker has done since the run began. */
  tally(worker: number): { readonly [K in keyof typeof WORKER_TALLY]: number } {
    const at = this.plan.workers[worker]!.tally / 8;
    const { computeMs, updateMs, waitMs, shards, samples } = WORKER_TALLY;
    return {
      computeMs: this.doubles[at + computeMs]!,
      updateMs: this.doubles[at + updateMs]!,
      waitMs: this.doubles[at + waitMs]!,
      shards: this.doubles[at + shards]!,
      samples: this.doubles[at + samples]!,
    };
  }

  /**
   * Index (in float64) of the ring's record of a step: learningRate, beta1Power, beta2Power, lossSum, correct, samples, when
   * computed, when committed, decay.
   */
  stepRecord(step: number): number {
    return (this.plan.steps + (step % STEP_RING) * STEP_BYTES) / 8;
  }

  setStepSums(step: number, lossSum: number, correctCount: number, sampleCount: number): void {
    const at = this.stepRecord(step);
    this.doubles[at + 3] = lossSum;
    this.doubles[at + 4] = correctCount;
    this.doubles[at + 5] = sampleCount;
  }

  stepSums(step: number): Sums {
    const at = this.stepRecord(step);
    return {
      lossSum: this.doubles[at + 3]!,
      correctCount: this.doubles[at + 4]!,
      sampleCount: this.doubles[at + 5]!,
    };
  }

  /** The figures that a kernel left at `address`. */
  sums(address: number): Sums {
    return {
      lossSum: this.doubles[address / 8]!,
      correctCount: this.words[address / 4 + 2]!,
      sampleCount: this.words[address / 4 + 3]!,
    };
  }

  setSums(address: number, { lossSum, correctCount, sampleCount }: Sums): void {
    this.doubles[address / 8] = lossSum;
    this.words[address / 4 + 2] = correctCount;
    this.words[address / 4 + 3] = sampleCount;
  }

  /** Image numbers at the positions [first, end) of an epoch's order. */
  numbersAt(epoch: number, first: number, end: number): number[] {
    const order = this.plan.orders[epoch & 1]! / 4;
    return [...this.words.subarray(order + first, order + end)];
  }

  /** Lists the blocks of a compute phase; block i goes to slot `slots[i]`. */
  setBlocks(blocks: readonly BlockAddress[], slots: readonly number[]): void {
    const at = this.plan.blocks / 4;
    blocks.forEach(({ level, index }, i) => {
      this.words.set([level, index, slots[i]!], at + 3 * i);
    });
  }

  /** Lists the nodes of an update, in shard order. */
  setTreeNodes(nodes: readonly BlockAddress[], slots: readonly number[]): void {
    const at = this.plan.treeNodes / 4;
    nodes.forEach(({ level }, i) => {
      const { vector, sums } = this.plan.slots[slots[i]!]!;
      this.words.set([vector, level, sums, 0], at + 4 * i);
    });
  }

  /** Leaves a step's figures in its ring record: lossSum goes along the canonical tree, like the gradient. */
  addTreeNodes(step: number, nodes: number): void {
    const { levels, sums } = this.#pending;
    let depth = 0;
    let correctCount = 0;
    let sampleCount = 0;
    for (let n = 0; n < nodes; n++) {
      const node = this.plan.treeNodes / 4 + 4 * n;
      // an address: beyond 2 GiB the word itself is negative
      const figures = this.words[node + 2]! >>> 0;
      let level = this.words[node + 1]!;
      let lossSum = this.doubles[figures / 8]!;
      while (depth > 0 && levels[depth - 1] === level) {
        depth--;
        lossSum = sums[depth]! + lossSum;
        level++;
      }
      levels[depth] = level;
      sums[depth] = lossSum;
      depth++;
      correctCount += this.words[figures / 4 + 2]!;
      sampleCount += this.words[figures / 4 + 3]!;
    }
    this.setStepSums(step, sums[0]!, correctCount, sampleCount);
  }
}

export function bufferOf(pair: Pair, step: number): number {
  return pair[step & 1]!;
}
