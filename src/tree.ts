// The canonical reduction tree over shard numbers: ((0+1)+(2+3))+((4+5)+(6+7)). Only addresses live here, no arithmetic:
// who adds, and where, is decided elsewhere, and may not change which two nodes are added.

/** A tree node's place: it covers the shards [index * 2^level, (index + 1) * 2^level). */
export interface BlockAddress {
  readonly level: number;
  readonly index: number;
}

/** The shards that a tree node covers, as the half-open range [first, end). */
export function shardsOfBlock(block: BlockAddress): { first: number; end: number } {
  const size = 2 ** block.level;
  return { first: block.index * size, end: (block.index + 1) * size };
}

/** The fewest whole tree nodes that cover the shards [first, end), in shard order. */
export function blocksOfRange(first: number, end: number): BlockAddress[] {
  const blocks: BlockAddress[] = [];
  let at = first;
  while (at < end) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= end) level++;
    blocks.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return blocks;
}

/** The level of the root over `shards` shards (a power of two). */
export function rootLevel(shards: number): number {
  return 31 - Math.clz32(shards);
}

/**
 * Cuts the shards among `workers` contiguous ranges as even as they can be, each as its fewest whole tree nodes.
 * With more workers than shards the last ones get none.
 */
export function evenBlocks(shards: number, workers: number): BlockAddress[][] {
  return Array.from({ length: workers }, (_, w) =>
    blocksOfRange(Math.floor((w * shards) / workers), Math.floor(((w + 1) * shards) / workers)),
  );
}
