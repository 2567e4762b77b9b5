// Pure: the tree nodes of one step that were accepted so far. Invariant: they are pairwise disjoint. Two tree nodes are
// either disjoint or one lies within the other, so this makes them, once every shard is covered, an exact cut through the
// canonical tree: adding them along the tree gives the root's value whichever cut it is, and counts no shard twice.

import { type BlockAddress, blocksOfRange, shardsOfBlock } from '../../src/tree.ts';

export interface Accepted {
  readonly block: BlockAddress;
  readonly workerId: number;
  readonly attempt: number;
}

export type Placement =
  /** Every shard of the node was covered already. */
  | { readonly kind: 'drop'; readonly by: readonly Accepted[] }
  /** It is now part of the cover; the smaller nodes beneath it are no more. */
  | { readonly kind: 'accept'; readonly superseded: readonly Accepted[] };

export class Cover {
  /** For each shard the accepted node that covers it. */
  readonly #by: (Accepted | null)[];
  #uncovered: number;

  constructor(shards: number) {
    this.#by = new Array<Accepted | null>(shards).fill(null);
    this.#uncovered = shards;
  }

  get complete(): boolean {
    return this.#uncovered === 0;
  }

  covers(shard: number): boolean {
    return this.#by[shard] !== null;
  }

  /** The accepted nodes that cover any shard of the block, in shard order. */
  within(block: BlockAddress): Accepted[] {
    const { first, end } = shardsOfBlock(block);
    const found = new Set(this.#by.slice(first, end));
    found.delete(null);
    return [...found] as Accepted[];
  }

  /** Judges a node that arrived, and takes it in unless it brings nothing new. */
  place(node: Accepted): Placement {
    const { first, end } = shardsOfBlock(node.block);
    const there = this.within(node.block);
    let missing = 0;
    for (let shard = first; shard < end; shard++) if (this.#by[shard] === null) missing++;
    if (missing === 0) return { kind: 'drop', by: there };
    // Something is missing, so no accepted node contains this one: all of `there` lie within it.
    this.#by.fill(node, first, end);
    this.#uncovered -= missing;
    return { kind: 'accept', superseded: there };
  }

  /** The cut, in shard order. */
  accepted(): Accepted[] {
    return [...new Set(this.#by)].filter((node) => node !== null);
  }
}

/** The shards of a tree node, one by one. */
export function shardList(block: BlockAddress): number[] {
  const { first, end } = shardsOfBlock(block);
  return Array.from({ length: end - first }, (_, i) => first + i);
}

/** Any set of shards, ascending -> the fewest tree nodes that cover just them. */
export function blocksOfShards(shards: readonly number[]): BlockAddress[] {
  const blocks: BlockAddress[] = [];
  for (let i = 0; i < shards.length; ) {
    let end = i + 1;
    while (end < shards.length && shards[end] === shards[end - 1]! + 1) end++;
    blocks.push(...blocksOfRange(shards[i]!, shards[end - 1]! + 1));
    i = end;
  }
  return blocks;
}
