// Who computed the tree nodes of each step, told when that is not as in the step before. Pure.

import type { BlockAddress } from '../../src/tree.ts';

/** A tree node of a step that was committed, and whose answer was taken. */
export interface Author extends BlockAddress {
  readonly workerId: number;
}

export class Authors {
  #last: readonly Author[] = [];

  /** In shard order; null where they are those of the step before. */
  changed(nodes: readonly { readonly block: BlockAddress; readonly workerId: number }[]): readonly Author[] | null {
    const same = (author: Author, i: number) => {
      const { block, workerId } = nodes[i]!;
      return author.workerId === workerId && author.level === block.level && author.index === block.index;
    };
    if (nodes.length === this.#last.length && this.#last.every(same)) return null;
    this.#last = nodes.map(({ block: { level, index }, workerId }) => ({ level, index, workerId }));
    return this.#last;
  }
}
