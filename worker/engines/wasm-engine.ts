// The default engine: the compiled kernels on one worker's scratch. It allocates nothing.

import type { Engine, SplitName, StepAddress } from '../../src/engine.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { CHUNK_SAMPLES } from '../../src/kernels/memory-plan.ts';
import { at, type RunMemory } from '../../src/kernels/run-memory.ts';
import { Purpose } from '../../src/random.ts';
import type { BlockAddress } from '../../src/tree.ts';
import { Committer } from './committer.ts';

export class WasmEngine implements Engine {
  readonly name = 'wasm';
  readonly #kernels: Kernels;
  readonly #run: RunMemory;
  readonly #scratch: number;
  readonly #augmentValidation: boolean;
  readonly #validationCount: number;
  readonly #testCount: number;
  readonly #committer: Committer;

  constructor(
    kernels: Kernels,
    run: RunMemory,
    worker: number,
    options: { augmentValidation: boolean; validationCount: number; testCount: number },
  ) {
    this.#kernels = kernels;
    this.#run = run;
    this.#scratch = run.plan.workers[worker]!.scratch;
    this.#augmentValidation = options.augmentValidation;
    this.#validationCount = options.validationCount;
    this.#testCount = options.testCount;
    this.#committer = new Committer(kernels, run, worker, true);
  }

  computeBlock({ epoch, step, stepInEpoch }: StepAddress, { level, index }: BlockAddress, slot: number): void {
    const { plan } = this.#run;
    const { vector, figures } = plan.slots[slot]!;
    this.#kernels.computeBlock(
      plan.run,
      this.#scratch,
      at(plan.parameters, step),
      at(plan.partials, step),
      epoch,
      stepInEpoch,
      level,
      index,
      vector,
      figures,
    );
  }

  evaluateChunk(split: SplitName, chunk: number, step: number, epoch: number): void {
    const { plan } = this.#run;
    const test = split === 'test';
    const first = chunk * CHUNK_SAMPLES;
    this.#kernels.evaluate(
      plan.run,
      this.#scratch,
      at(plan.parameters, step),
      at(plan.partials, step),
      test ? plan.testImages : plan.images,
      test ? plan.testLabels : plan.labels,
      test ? 0 : plan.validationNumbers,
      first,
      Math.min(first + CHUNK_SAMPLES, test ? this.#testCount : this.#validationCount),
      !test && this.#augmentValidation ? Purpose.augmentValidation : 0,
      epoch,
      plan.chunkFigures + chunk * 16,
      test ? plan.outcomes : 0,
    );
  }

  updateSlice(step: number, nodeCount: number, sampleCount: number, slice: number): boolean {
    return this.#committer.updateSlice(step, nodeCount, sampleCount, slice);
  }
}
