// Applies one slice of a step's commit: reduction and Adam in the kernels, whatever engine made the tree nodes.

import type { Kernels } from '../../src/kernels/kernels.ts';
import { AdamDouble, AdamWord, StepDouble } from '../../src/kernels/memory-records.ts';
import { hashesOf } from '../../src/kernels/parameter-hash.ts';
import { bufferOf, type RunMemory } from '../../src/kernels/run-memory.ts';
import { ADAM } from '../../src/model/adam.ts';

export class Committer {
  readonly #kernels: Kernels;
  readonly #memory: RunMemory;
  readonly #scratch: number;
  readonly #record: number;
  readonly #shifted: boolean;

  /** `shifted`: the nodes' first layer is the gradient of the shifted input. */
  constructor(memory: RunMemory, worker: number, shifted: boolean) {
    this.#kernels = memory.kernels;
    this.#memory = memory;
    this.#scratch = memory.plan.workers[worker]!.scratch;
    this.#record = memory.plan.workers[worker]!.adam;
    this.#shifted = shifted;
  }

  updateSlice(step: number, nodeCount: number, sampleCount: number, slice: number): boolean {
    const { plan } = this.#memory;
    const record = this.adamRecord(step, nodeCount, sampleCount);
    const newPartials = bufferOf(plan.partials, step + 1);
    return this.#kernels.updateSlice(plan.runRecord, this.#scratch, record, slice, newPartials) === 1;
  }

  /** Address of this worker's Adam record, written for a step. */
  adamRecord(step: number, nodeCount: number, sampleCount: number): number {
    const { doubles, words, plan } = this.#memory;
    const scalars = this.#memory.stepRecord(step);
    const d = this.#record / 8;
    doubles[d + AdamDouble.beta1Power] = doubles[scalars + StepDouble.beta1Power]!;
    doubles[d + AdamDouble.beta2Power] = doubles[scalars + StepDouble.beta2Power]!;
    doubles[d + AdamDouble.learningRate] = doubles[scalars + StepDouble.learningRate]!;
    doubles[d + AdamDouble.beta1] = ADAM.beta1;
    doubles[d + AdamDouble.beta2] = ADAM.beta2;
    doubles[d + AdamDouble.epsilon] = ADAM.epsilon;
    doubles[d + AdamDouble.decay] = doubles[scalars + StepDouble.decay]!;
    const w = this.#record / 4;
    words[w + AdamWord.parameters] = bufferOf(plan.parameters, step);
    words[w + AdamWord.firstMoments] = bufferOf(plan.firstMoments, step);
    words[w + AdamWord.secondMoments] = bufferOf(plan.secondMoments, step);
    words[w + AdamWord.newParameters] = bufferOf(plan.parameters, step + 1);
    words[w + AdamWord.newFirstMoments] = bufferOf(plan.firstMoments, step + 1);
    words[w + AdamWord.newSecondMoments] = bufferOf(plan.secondMoments, step + 1);
    words[w + AdamWord.sampleCount] = sampleCount;
    words[w + AdamWord.shifted] = this.#shifted ? 1 : 0;
    words[w + AdamWord.nodeCount] = nodeCount;
    words[w + AdamWord.nodes] = plan.treeNodes;
    words[w + AdamWord.hashes] = hashesOf(plan, step);
    words[w + AdamWord.hashKeys] = plan.hashKeys;
    return this.#record;
  }
}
