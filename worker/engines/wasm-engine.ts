// The default engine: the compiled kernels on one worker's scratch. It allocates nothing.

import type { Engine, EngineSpec, SharedSteps, SplitName, StepAddress } from '../../src/engine.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { PART_SAMPLES, samplesOf } from '../../src/kernels/memory-shape.ts';
import { bufferOf, type RunMemory } from '../../src/kernels/run-memory.ts';
import { Purpose } from '../../src/random.ts';
import { type BlockAddress, rootLevel } from '../../src/tree.ts';
import { Committer } from './committer.ts';

export class WasmEngine implements Engine {
  readonly name = 'wasm';
  readonly #kernels: Kernels;
  readonly #memory: RunMemory;
  readonly #scratch: number;
  readonly #store: number;
  readonly #augmentValidation: boolean;
  readonly #committer: Committer;
  readonly shared: SharedSteps;

  constructor(memory: RunMemory, worker: number, { augmentValidation }: EngineSpec) {
    this.#kernels = memory.kernels;
    this.#memory = memory;
    this.#scratch = memory.plan.workers[worker]!.scratch;
    this.#store = memory.plan.workers[worker]!.store;
    this.#augmentValidation = augmentValidation;
    this.#committer = new Committer(memory, worker, true);
    this.shared = new WasmSharedSteps(memory, worker, this.#committer);
  }

  computeBlock({ epoch, step, stepInEpoch }: StepAddress, { level, index }: BlockAddress, slot: number): void {
    const { plan } = this.#memory;
    const { vector, sums } = plan.slots[slot]!;
    this.#kernels.computeBlock(
      plan.runRecord,
      this.#scratch,
      this.#store,
      bufferOf(plan.parameters, step),
      bufferOf(plan.partials, step),
      epoch,
      stepInEpoch,
      level,
      index,
      vector,
      sums,
    );
  }

  evaluatePart(split: SplitName, part: number, step: number, epoch: number): void {
    const { plan } = this.#memory;
    const test = split === 'test';
    const first = part * PART_SAMPLES;
    this.#kernels.evaluate(
      plan.runRecord,
      this.#scratch,
      bufferOf(plan.parameters, step),
      bufferOf(plan.partials, step),
      test ? plan.testImages : plan.images,
      test ? plan.testLabels : plan.labels,
      test ? 0 : plan.validationNumbers,
      first,
      Math.min(first + PART_SAMPLES, samplesOf(plan.shape, split)),
      !test && this.#augmentValidation ? Purpose.augmentValidation : 0,
      epoch,
      this.#memory.partSumsAt(part),
      test ? plan.outcomes : 0,
    );
  }

  updateSlice(step: number, nodeCount: number, sampleCount: number, slice: number): boolean {
    return this.#committer.updateSlice(step, nodeCount, sampleCount, slice);
  }
}

/** Steps whose passes stand in the store of the first worker, for all to see. */
class WasmSharedSteps implements SharedSteps {
  readonly #kernels: Kernels;
  readonly #memory: RunMemory;
  readonly #scratch: number;
  readonly #store: number;
  readonly #committer: Committer;
  readonly #level: number;

  constructor(memory: RunMemory, worker: number, committer: Committer) {
    const { workers, shape } = memory.plan;
    this.#kernels = memory.kernels;
    this.#memory = memory;
    this.#scratch = workers[worker]!.scratch;
    this.#store = workers[0]!.store;
    this.#committer = committer;
    this.#level = rootLevel(shape.shards);
  }

  computeTile({ epoch, step, stepInEpoch }: StepAddress, pass: number, tile: number): number {
    const { plan } = this.#memory;
    return this.#kernels.computeTile(
      plan.runRecord,
      this.#scratch,
      this.#store,
      bufferOf(plan.parameters, step),
      bufferOf(plan.partials, step),
      epoch,
      stepInEpoch,
      this.#level,
      0,
      pass,
      tile,
    );
  }

  sumSlice({ step }: StepAddress, pass: number, slice: number, sampleCount: number): boolean {
    const { plan } = this.#memory;
    const finite = this.#kernels.sumSlice(
      plan.runRecord,
      this.#scratch,
      this.#store,
      this.#level,
      0,
      pass,
      slice,
      0,
      this.#committer.adamRecord(step, 1, sampleCount),
      bufferOf(plan.partials, step + 1),
    );
    return finite === 1;
  }

  sumLosses({ stepInEpoch }: StepAddress): void {
    const { runRecord, slots } = this.#memory.plan;
    this.#kernels.sumLosses(runRecord, this.#scratch, this.#store, stepInEpoch, this.#level, 0, slots[0]!.sums);
  }
}
