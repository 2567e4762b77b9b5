// What the coordinator computes again with its own engine, where what came over sockets leads to a figure that is not finite
// and no other worker's answer can tell why: parts of an evaluation, and tree nodes that are finite one by one but whose sum
// is not. Its own answer stands. Rare, so it may take the time of an inline step.

import { setImmediate } from 'node:timers/promises';
import type { Engine, SplitName, StepAddress } from '../../src/engine.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { type Accepted, shardList } from '../step/cover.ts';
import type { TreeSlots } from './tree-slots.ts';

/** A worker that answered otherwise than the coordinator itself. */
export interface Wrong {
  readonly node: Accepted;
  readonly reason: string;
}

export class Recount {
  readonly #memory: RunMemory;
  readonly #engine: Engine;
  readonly #slots: TreeSlots;

  constructor(memory: RunMemory, engine: Engine, slots: TreeSlots) {
    this.#memory = memory;
    this.#engine = engine;
    this.#slots = slots;
  }

  /**
   * The parts of `remote` blocks whose figures are not finite. Where the coordinator's own are not either they are the truth,
   * and nobody was wrong.
   */
  async parts(split: SplitName, step: number, epoch: number, remote: readonly Accepted[]): Promise<Wrong[]> {
    const wrong = new Map<number, Wrong>();
    for (const { block, workerId, attempt } of remote) {
      for (const part of shardList(block)) {
        if (this.#partIsFinite(part)) continue;
        this.#engine.evaluatePart(split, part, step, epoch);
        if (this.#partIsFinite(part) && !wrong.has(workerId)) {
          const reason = `not finite in part ${part} of the ${split} split, where this coordinator is`;
          wrong.set(workerId, { node: { workerId, attempt, block: { level: 0, index: part } }, reason });
        }
        await setImmediate();
      }
    }
    return [...wrong.values()];
  }

  /** The tree nodes of `remote`: each that differs is replaced where it stands. */
  async blocks(at: StepAddress, remote: readonly Accepted[]): Promise<Wrong[]> {
    const wrong = new Map<number, Wrong>();
    const { plan, bytes } = this.#memory;
    for (const node of remote) {
      const mine = this.#slots.take();
      const own = plan.slots[mine]!;
      // what a node does not write is 0 in its memory
      bytes.fill(0, own.vector, own.vector + plan.vectorBytes);
      this.#engine.computeBlock({ ...at }, node.block, mine);
      if (!this.#slots.takeOver(node, mine)) {
        const { workerId, block } = node;
        const reason = `the sum of step ${at.step} is not finite, and this coordinator's answer for block (${block.level}, ${block.index}) is another`;
        wrong.set(workerId, { node, reason });
      }
      await setImmediate();
    }
    return [...wrong.values()];
  }

  #partIsFinite(part: number): boolean {
    return Number.isFinite(this.#memory.sums(this.#memory.partSumsAt(part)).lossSum);
  }
}
