// A run's memory seen from JavaScript: typed views, and the few reads and writes that are not kernels' work. It is made by
// lay-memory.ts.

import type { DatasetPlace, ImageSet } from '../data/dataset.ts';
import { toCanonicalOrder, toKernelOrder } from '../model/layout.ts';
import type { Sums } from '../sums.ts';
import type { BlockAddress } from '../tree.ts';
import type { Kernels } from './kernels.ts';
import { type MemoryPlan, STEP_RING } from './memory-plan.ts';
import {
  BLOCK_WORDS,
  BlockWord,
  RunWord,
  STEP_BYTES,
  StepDouble,
  SUMS_BYTES,
  SumsDouble,
  SumsWord,
  TallyDouble,
  TREE_NODE_WORDS,
  TreeNodeWord,
} from './memory-records.ts';
import type { Pair } from './memory-space.ts';

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
  /** This thread's instance, on this memory. */
  readonly kernels: Kernels;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  /** Pending nodes of addTreeNodes, one a level. */
  readonly #pending = { levels: new Int32Array(32), sums: new Float64Array(32) };

  constructor(memory: WebAssembly.Memory, plan: MemoryPlan, kernels: Kernels) {
    this.wasmMemory = memory;
    this.plan = plan;
    this.kernels = kernels;
    this.bytes = new Uint8Array(memory.buffer);
    this.words = new Int32Array(memory.buffer);
    this.doubles = new Float64Array(memory.buffer);
  }

  /** A view of a parameter or gradient vector, in kernel order. */
  vector(address: number): Float32Array {
    return new Float32Array(this.wasmMemory.buffer, address, this.plan.vectorBytes / 4);
  }

  /** Where the data lie: views, for whoever reads them in, and for whoever looks at them afterwards. */
  get dataPlace(): DatasetPlace {
    const { images, labels, testImages, testLabels, shape } = this.plan;
    const pixels = shape.rows * shape.columns;
    const view = (at: number, bytes: number) => this.bytes.subarray(at, at + bytes);
    return {
      train: { images: view(images, shape.trainImages * pixels), labels: view(labels, shape.trainImages) },
      test: { images: view(testImages, shape.testImages * pixels), labels: view(testLabels, shape.testImages) },
    };
  }

  setData(train: ImageSet, test: ImageSet, validationNumbers: Uint32Array): void {
    const place = this.dataPlace;
    for (const [to, from] of [
      [place.train, train],
      [place.test, test],
    ] as const) {
      to.images.set(from.images);
      to.labels.set(from.labels);
    }
    this.setValidation(validationNumbers);
  }

  /** Numbers of the images that are the validation split. */
  setValidation(numbers: Uint32Array): void {
    this.words.set(numbers, this.plan.validationNumbers / 4);
  }

  /** Writes an epoch's order (image numbers) into the buffer of even or odd epochs. */
  setOrder(epoch: number, order: Uint32Array): void {
    this.words.set(order, this.plan.orders[epoch & 1]! / 4);
  }

  /** Makes an epoch's order the one that the kernels read. No thread may be computing. */
  useOrder(epoch: number): void {
    this.words[this.plan.runRecord / 4 + RunWord.order] = this.plan.orders[epoch & 1]!;
  }

  /** Writes canonical vectors as the state that step `step` reads. */
  setState(step: number, parameters: Float32Array, first?: Float32Array, second?: Float32Array): void {
    const { layout } = this.plan.shape;
    const zero = new Float32Array(layout.parameters);
    toKernelOrder(layout, first ?? zero, this.vector(bufferOf(this.plan.firstMoments, step)));
    toKernelOrder(layout, second ?? zero, this.vector(bufferOf(this.plan.secondMoments, step)));
    this.setParameters(step, parameters);
  }

  /** The parameters alone, from canonical order; the moments stay. */
  setParameters(step: number, parameters: Float32Array): void {
    toKernelOrder(this.plan.shape.layout, parameters, this.vector(bufferOf(this.plan.parameters, step)));
    this.#sumFirstRows(step);
  }

  /** The same by whoever writes all bits of the vector, in kernel order; they may rest on those of the step before. */
  writeParameters(step: number, write: (now: Float32Array, before: Float32Array) => void): void {
    const { parameters } = this.plan;
    write(this.vector(bufferOf(parameters, step)), this.vector(bufferOf(parameters, step - 1)));
    this.#sumFirstRows(step);
  }

  /** The sums of the first layer's rows stand beside the parameters; else it is the update that writes both. */
  #sumFirstRows(step: number): void {
    const { runRecord, parameters, partials } = this.plan;
    this.kernels.sumFirstRows(runRecord, bufferOf(parameters, step), bufferOf(partials, step));
  }

  parametersAt(step: number): Float32Array {
    return this.canonical(bufferOf(this.plan.parameters, step));
  }

  /** A copy of the parameter or gradient vector at `address`, in canonical order. */
  canonical(address: number): Float32Array {
    return toCanonicalOrder(this.plan.shape.layout, this.vector(address));
  }

  /** Copies of the state that step `step` reads, in canonical order. */
  state(step: number): { parameters: Float32Array; firstMoments: Float32Array; secondMoments: Float32Array } {
    const { parameters, firstMoments, secondMoments } = this.plan;
    return {
      parameters: this.canonical(bufferOf(parameters, step)),
      firstMoments: this.canonical(bufferOf(firstMoments, step)),
      secondMoments: this.canonical(bufferOf(secondMoments, step)),
    };
  }

  /** Index (in float64) of the ring's record of a step, whose numbers are named by StepDouble. */
  stepRecord(step: number): number {
    return (this.plan.steps + (step % STEP_RING) * STEP_BYTES) / 8;
  }

  setStepScalars(step: number, { learningRate, beta1Power, beta2Power, decay }: StepScalars): void {
    const at = this.stepRecord(step);
    this.doubles[at + StepDouble.learningRate] = learningRate;
    this.doubles[at + StepDouble.beta1Power] = beta1Power;
    this.doubles[at + StepDouble.beta2Power] = beta2Power;
    this.doubles[at + StepDouble.decay] = decay;
    this.doubles[at + StepDouble.computedMs] = 0;
    this.doubles[at + StepDouble.endMs] = 0;
  }

  /** Of a step whose record still stands in the ring. */
  learningRate(step: number): number {
    return this.doubles[this.stepRecord(step) + StepDouble.learningRate]!;
  }

  /** Optional, as the end is: for whoever watches. */
  setStepComputed(step: number, ms: number): void {
    this.doubles[this.stepRecord(step) + StepDouble.computedMs] = ms;
  }

  setStepEnd(step: number, ms: number): void {
    this.doubles[this.stepRecord(step) + StepDouble.endMs] = ms;
  }

  isStepComputed(step: number): boolean {
    return this.doubles[this.stepRecord(step) + StepDouble.computedMs] !== 0;
  }

  /** 0 where nobody noted it. */
  stepTimes(step: number): { readonly computedMs: number; readonly endMs: number } {
    const at = this.stepRecord(step);
    return { computedMs: this.doubles[at + StepDouble.computedMs]!, endMs: this.doubles[at + StepDouble.endMs]! };
  }

  setStepSums(step: number, lossSum: number, correctCount: number, sampleCount: number): void {
    const at = this.stepRecord(step);
    this.doubles[at + StepDouble.lossSum] = lossSum;
    this.doubles[at + StepDouble.correctCount] = correctCount;
    this.doubles[at + StepDouble.sampleCount] = sampleCount;
  }

  stepSums(step: number): Sums {
    const at = this.stepRecord(step);
    return {
      lossSum: this.doubles[at + StepDouble.lossSum]!,
      correctCount: this.doubles[at + StepDouble.correctCount]!,
      sampleCount: this.doubles[at + StepDouble.sampleCount]!,
    };
  }

  /** What a worker has done since the run began. */
  tally(worker: number): { readonly [K in keyof typeof TallyDouble]: number } {
    const at = this.plan.workers[worker]!.tally / 8;
    return {
      computeMs: this.doubles[at + TallyDouble.computeMs]!,
      updateMs: this.doubles[at + TallyDouble.updateMs]!,
      waitMs: this.doubles[at + TallyDouble.waitMs]!,
      shards: this.doubles[at + TallyDouble.shards]!,
      samples: this.doubles[at + TallyDouble.samples]!,
      restMs: this.doubles[at + TallyDouble.restMs]!,
      checks: this.doubles[at + TallyDouble.checks]!,
    };
  }

  /** Tasks that all workers did again by narrow code. */
  get wideChecks(): number {
    return this.plan.workers.reduce((sum, _, worker) => sum + this.tally(worker).checks, 0);
  }

  /** Address of the sums of an evaluation's part. */
  partSumsAt(part: number): number {
    return this.plan.partSums + part * SUMS_BYTES;
  }

  /** The sums that a kernel left at `address`. */
  sums(address: number): Sums {
    return {
      lossSum: this.doubles[address / 8 + SumsDouble.lossSum]!,
      correctCount: this.words[address / 4 + SumsWord.correctCount]!,
      sampleCount: this.words[address / 4 + SumsWord.sampleCount]!,
    };
  }

  setSums(address: number, { lossSum, correctCount, sampleCount }: Sums): void {
    this.doubles[address / 8 + SumsDouble.lossSum] = lossSum;
    this.words[address / 4 + SumsWord.correctCount] = correctCount;
    this.words[address / 4 + SumsWord.sampleCount] = sampleCount;
  }

  /** Lists the blocks of a compute phase; block i goes to slot `slots[i]`. */
  setBlocks(blocks: readonly BlockAddress[], slots: readonly number[]): void {
    blocks.forEach(({ level, index }, i) => {
      const at = this.blockRecord(i);
      this.words[at + BlockWord.level] = level;
      this.words[at + BlockWord.index] = index;
      this.words[at + BlockWord.slot] = slots[i]!;
    });
  }

  /** Index (in 32-bit words) of a listed block, whose words are named by BlockWord. */
  blockRecord(block: number): number {
    return this.plan.blocks / 4 + BLOCK_WORDS * block;
  }

  /** Lists the nodes of an update, in shard order. */
  setTreeNodes(nodes: readonly BlockAddress[], slots: readonly number[]): void {
    nodes.forEach(({ level }, i) => {
      const { vector, sums } = this.plan.slots[slots[i]!]!;
      const at = this.#treeNodeRecord(i);
      this.words[at + TreeNodeWord.vector] = vector;
      this.words[at + TreeNodeWord.level] = level;
      this.words[at + TreeNodeWord.sums] = sums;
    });
  }

  #treeNodeRecord(node: number): number {
    return this.plan.treeNodes / 4 + TREE_NODE_WORDS * node;
  }

  /** Leaves a step's sums in its ring record: lossSum goes along the canonical tree, like the gradient. */
  addTreeNodes(step: number, nodes: number): void {
    const { levels, sums } = this.#pending;
    let depth = 0;
    let correctCount = 0;
    let sampleCount = 0;
    for (let n = 0; n < nodes; n++) {
      const node = this.#treeNodeRecord(n);
      // an address: beyond 2 GiB the word itself is negative
      const at = this.words[node + TreeNodeWord.sums]! >>> 0;
      let level = this.words[node + TreeNodeWord.level]!;
      let lossSum = this.doubles[at / 8 + SumsDouble.lossSum]!;
      while (depth > 0 && levels[depth - 1] === level) {
        depth--;
        lossSum = sums[depth]! + lossSum;
        level++;
      }
      levels[depth] = level;
      sums[depth] = lossSum;
      depth++;
      correctCount += this.words[at / 4 + SumsWord.correctCount]!;
      sampleCount += this.words[at / 4 + SumsWord.sampleCount]!;
    }
    this.setStepSums(step, sums[0]!, correctCount, sampleCount);
  }
}

export function bufferOf(pair: Pair, step: number): number {
  return pair[step & 1]!;
}
