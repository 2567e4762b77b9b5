// Who computed the tree nodes of each step, told when that is not as in the step before. Pure.

import type { BlockAddress } from '../../src/tree.ts';

/** A tree node of a step that was committed, and whose answer was taken. */
export interface Author extends BlockAddress {
  readonly workerId: number;
}

export class Authors {
  #last = '';

  /** In shard order; null where they are those of the step before. */
  changed(nodes: readonly { readonly block: BlockAddress; readonly workerId: number }[]): readonly Author[] | null {
    const now = nodes.map(({ block: { level, index }, workerId }) => `${level}/${index}:${workerId}`).join(' ');
    if (now === this.#last) return null;
    this.#last = now;
    return nodes.map(({ block: { level, index }, workerId }) => ({ level, index, workerId }));
  }
}
