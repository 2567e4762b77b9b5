// Applies one slice of a step's commit: reduction and Adam in the kernels, whatever engine made the tree nodes.

import type { Kernels } from '../../src/kernels/kernels.ts';
import { bufferOf, type RunMemory } from '../../src/kernels/run-memory.ts';
import { ADAM } from '../../src/model/adam.ts';

export class Committer {
  readonly #kernels: Kernels;
  readonly #memory: RunMemory;
  readonly #scratch: number;
  readonly #record: number;
  readonly #shifted: boolean;

  /** `shifted`: the nodes' first layer is the gradient of the shifted input. */
  constructor(kernels: Kernels, memory: RunMemory, worker: number, shifted: boolean) {
    this.#kernels = kernels;
    this.#memory = memory;
    this.#scratch = memory.plan.workers[worker]!.scratch;
    this.#record = memory.plan.workers[worker]!.adam;
    this.#shifted = shifted;
  }

  updateSlice(step: number, nodeCount: number, sampleCount: number, slice: number): boolean {
    const { doubles, words, plan } = this.#memory;
    const scalars = this.#memory.stepRecord(step);
    const d = this.#record / 8;
    doubles[d] = doubles[scalars + 1]!;
    doubles[d + 1] = doubles[scalars + 2]!;
    doubles[d + 2] = doubles[scalars]!;
    doubles[d + 3] = ADAM.beta1;
    doubles[d + 4] = ADAM.beta2;
    doubles[d + 5] = ADAM.epsilon;
    doubles[d + 6] = doubles[scalars + 8]!;
    const w = this.#record / 4 + 14;
    words[w] = bufferOf(plan.parameters, step);
    words[w + 1] = bufferOf(plan.firstMoments, step);
    words[w + 2] = bufferOf(plan.secondMoments, step);
    words[w + 3] = bufferOf(plan.parameters, step + 1);
    words[w + 4] = bufferOf(plan.firstMoments, step + 1);
    words[w + 5] = bufferOf(plan.secondMoments, step + 1);
    words[w + 6] = sampleCount;
    words[w + 7] = this.#shifted ? 1 : 0;
    words[w + 8] = nodeCount;
    words[w + 9] = plan.treeNodes;
    return (
      this.#kernels.updateSlice(
        plan.runRecord,
        this.#scratch,
        this.#record,
        slice,
        bufferOf(plan.partials, step + 1),
      ) === 1
    );
  }
}
