// The default engine: the compiled kernels on one worker's scratch. It allocates nothing.

import type { Engine, EngineSpec, SplitName, StepAddress } from '../../src/engine.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { PART_SAMPLES, samplesOf } from '../../src/kernels/memory-shape.ts';
import { bufferOf, type RunMemory } from '../../src/kernels/run-memory.ts';
import { Purpose } from '../../src/random.ts';
import type { BlockAddress } from '../../src/tree.ts';
import { Committer } from './committer.ts';

export class WasmEngine implements Engine {
  readonly name = 'wasm';
  readonly #kernels: Kernels;
  readonly #memory: RunMemory;
  readonly #scratch: number;
  readonly #augmentValidation: boolean;
  readonly #committer: Committer;

  constructor(memory: RunMemory, worker: number, { augmentValidation }: EngineSpec) {
    this.#kernels = memory.kernels;
    this.#memory = memory;
    this.#scratch = memory.plan.workers[worker]!.scratch;
    this.#augmentValidation = augmentValidation;
    this.#committer = new Committer(memory, worker, true);
  }

  computeBlock({ epoch, step, stepInEpoch }: StepAddress, { level, index }: BlockAddress, slot: number): void {
    const { plan } = this.#memory;
    const { vector, sums } = plan.slots[slot]!;
    this.#kernels.computeBlock(
      plan.runRecord,
      this.#scratch,
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
