// Wide kernels that are watched while they train: one task in a thousand, the first of each kind among them, is done again by narrow
// code over the same memory, and has to leave the same bits. That a task may be done again is what deaths of threads rest on.

import type { Engine, SharedSteps, SplitName, StepAddress } from '../../src/engine.ts';
import { TallyDouble } from '../../src/kernels/memory-records.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { BlockAddress } from '../../src/tree.ts';
import {
  outputsOfBlock,
  outputsOfPart,
  outputsOfSlice,
  outputsOfTile,
  outputsOfUpdate,
  type Range,
} from './outputs.ts';
import type { WasmEngine } from './wasm-engine.ts';
import { wideDiffers } from './wide-differs.ts';

/** About a thousand, and a prime: tasks come round by powers of two, and it should not always be the same one's turn. */
const EVERY = 997;

/** What is done again if its turn has come: the tasks of one kind. */
class Turn {
  readonly #every: number;
  #left = 0;

  constructor(every: number) {
    this.#every = every;
  }

  isDue(): boolean {
    if (this.#left > 0) {
      this.#left--;
      return false;
    }
    this.#left = this.#every - 1;
    return true;
  }
}

export class CheckedEngine implements Engine {
  readonly name: string;
  readonly wide = true;
  readonly shared: SharedSteps;
  readonly #wide: WasmEngine;
  readonly #narrow: WasmEngine;
  readonly #memory: RunMemory;
  readonly #comparison: Comparison;
  readonly #turns: { readonly block: Turn; readonly part: Turn; readonly update: Turn };

  /** Both engines are `worker`'s, on this memory; one task in `every` is done again. */
  constructor(wide: WasmEngine, narrow: WasmEngine, memory: RunMemory, worker: number, every = EVERY) {
    this.#turns = { block: new Turn(every), part: new Turn(every), update: new Turn(every) };
    this.name = wide.name;
    this.#wide = wide;
    this.#narrow = narrow;
    this.#memory = memory;
    this.#comparison = new Comparison(memory, worker);
    this.shared = new CheckedSharedSteps(wide.shared, narrow.shared, memory, this.#comparison, every);
  }

  computeBlock(at: StepAddress, block: BlockAddress, slot: number): void {
    this.#wide.computeBlock(at, block, slot);
    if (!this.#turns.block.isDue()) return;
    const { level, index } = block;
    const what = `the block of level ${level} and number ${index} of step ${at.step}`;
    this.#comparison.check(outputsOfBlock(this.#memory, slot), what, () => this.#narrow.computeBlock(at, block, slot));
  }

  evaluatePart(split: SplitName, part: number, step: number, epoch: number): void {
    this.#wide.evaluatePart(split, part, step, epoch);
    if (!this.#turns.part.isDue()) return;
    this.#comparison.check(outputsOfPart(this.#memory, split, part), `part ${part} of the ${split} split`, () =>
      this.#narrow.evaluatePart(split, part, step, epoch),
    );
  }

  updateSlice(step: number, nodeCount: number, sampleCount: number, slice: number): boolean {
    const finite = this.#wide.updateSlice(step, nodeCount, sampleCount, slice);
    if (!this.#turns.update.isDue()) return finite;
    const what = `slice ${slice} of the commit of step ${step}`;
    this.#comparison.check(
      outputsOfUpdate(this.#memory, step, slice),
      what,
      () => this.#narrow.updateSlice(step, nodeCount, sampleCount, slice),
      finite,
    );
    return finite;
  }
}

class CheckedSharedSteps implements SharedSteps {
  readonly #wide: SharedSteps;
  readonly #narrow: SharedSteps;
  readonly #memory: RunMemory;
  readonly #comparison: Comparison;
  readonly #turns: { readonly tile: Turn; readonly slice: Turn; readonly losses: Turn };

  constructor(wide: SharedSteps, narrow: SharedSteps, memory: RunMemory, comparison: Comparison, every: number) {
    this.#turns = { tile: new Turn(every), slice: new Turn(every), losses: new Turn(every) };
    this.#wide = wide;
    this.#narrow = narrow;
    this.#memory = memory;
    this.#comparison = comparison;
  }

  computeTile(at: StepAddress, pass: number, tile: number): number {
    const samples = this.#wide.computeTile(at, pass, tile);
    if (samples === 0 || !this.#turns.tile.isDue()) return samples;
    const what = `tile ${tile} of pass ${pass} of step ${at.step}`;
    this.#comparison.check(
      outputsOfTile(this.#memory, at, pass, tile),
      what,
      () => this.#narrow.computeTile(at, pass, tile),
      samples,
    );
    return samples;
  }

  sumSlice(at: StepAddress, pass: number, slice: number, sampleCount: number): boolean {
    const finite = this.#wide.sumSlice(at, pass, slice, sampleCount);
    if (!this.#turns.slice.isDue()) return finite;
    const what = `slice ${slice} of pass ${pass} of step ${at.step}`;
    this.#comparison.check(
      outputsOfSlice(this.#memory, at.step, pass, slice),
      what,
      () => this.#narrow.sumSlice(at, pass, slice, sampleCount),
      finite,
    );
    return finite;
  }

  sumLosses(at: StepAddress): void {
    this.#wide.sumLosses(at);
    if (!this.#turns.losses.isDue()) return;
    const sums = outputsOfBlock(this.#memory, 0).slice(1);
    this.#comparison.check(sums, `the losses of step ${at.step}`, () => this.#narrow.sumLosses(at));
  }
}

class Comparison {
  readonly #memory: RunMemory;
  readonly #tally: number;

  constructor(memory: RunMemory, worker: number) {
    this.#memory = memory;
    this.#tally = memory.plan.workers[worker]!.tally / 8;
  }

  /** Has `again` write the ranges afresh, and throws unless they are, and it returns, what they were and what was returned before. */
  check(ranges: readonly Range[], what: string, again: () => unknown, before?: unknown): void {
    const { bytes, doubles } = this.#memory;
    const copies = ranges.map(({ at, bytes: length }) => {
      const range = bytes.subarray(at, at + length);
      const copy = range.slice();
      // what is not written again would seem to be the same
      range.fill(0xff);
      return { range, copy };
    });
    const returned = again();
    const same = copies.every(({ range, copy }) => Buffer.compare(range, copy) === 0);
    if (!same || returned !== before) {
      throw wideDiffers(`${what}, computed again by narrow code, came to something else`);
    }
    doubles[this.#tally + TallyDouble.checks]! += 1;
  }
}
