// Figures of an evaluation that came over sockets, until the block they belong to is accepted.

import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { shardsOfBlock } from '../../src/tree.ts';
import type { PartSums } from '../../src/wire/messages.ts';
import type { Accepted } from '../step/cover.ts';

export class EvaluatedParts {
  readonly #byWorker = new Map<number, PartSums[]>();

  add(workerId: number, parts: readonly PartSums[]): void {
    this.#byWorker.set(workerId, [...(this.#byWorker.get(workerId) ?? []), ...parts]);
  }

  /** Writes an accepted block's figures to their places. Those of this machine's threads stand there already. */
  keep(memory: RunMemory, { block, workerId }: Accepted): void {
    const { first, end } = shardsOfBlock(block);
    for (const sums of this.#byWorker.get(workerId) ?? []) {
      if (sums.part >= first && sums.part < end) memory.setSums(memory.partSumsAt(sums.part), sums);
    }
  }
}
