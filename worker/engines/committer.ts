// Applies one slice of a step's commit: reduction and Adam in the kernels, whatever engine made the tree nodes.

import type { Kernels } from '../../src/kernels/kernels.ts';
import { at, type RunMemory } from '../../src/kernels/run-memory.ts';
import { ADAM } from '../../src/model/adam.ts';

export class Committer {
  readonly #kernels: Kernels;
  readonly #run: RunMemory;
  readonly #scratch: number;
  readonly #record: number;
  readonly #shifted: boolean;

  /** `shifted`: the nodes' first layer is the gradient of the shifted input. */
  constructor(kernels: Kernels, run: RunMemory, worker: number, shifted: boolean) {
    this.#kernels = kernels;
    this.#run = run;
    this.#scratch = run.plan.workers[worker]!.scratch;
    this.#record = run.plan.workers[worker]!.adam;
    this.#shifted = shifted;
  }

  updateSlice(step: number, nodeCount: number, sampleCount: number, slice: number): boolean {
    const { doubles, words, plan } = this.#run;
    const scalars = this.#run.stepRecord(step);
    const d = this.#record / 8;
    doubles[d] = doubles[scalars + 1]!;
    doubles[d + 1] = doubles[scalars + 2]!;
    doubles[d + 2] = doubles[scalars]!;
    doubles[d + 3] = ADAM.beta1;
    doubles[d + 4] = ADAM.beta2;
    doubles[d + 5] = ADAM.epsilon;
    doubles[d + 6] = doubles[scalars + 8]!;
    const w = this.#record / 4 + 14;
    words[w] = at(plan.parameters, step);
    words[w + 1] = at(plan.firstMoments, step);
    words[w + 2] = at(plan.secondMoments, step);
    words[w + 3] = at(plan.parameters, step + 1);
    words[w + 4] = at(plan.firstMoments, step + 1);
    words[w + 5] = at(plan.secondMoments, step + 1);
    words[w + 6] = sampleCount;
    words[w + 7] = this.#shifted ? 1 : 0;
    words[w + 8] = nodeCount;
    words[w + 9] = plan.nodes;
    return this.#kernels.updateSlice(plan.run, this.#scratch, this.#record, slice, at(plan.partials, step + 1)) === 1;
  }
}
