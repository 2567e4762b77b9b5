// How the samples of a batch are cut for the kernels: shards into tiles of at most TILE samples, and tiles into passes, whose
// samples go through the network and then into the gradient's rows. A pass has whole shards, or a part of one. No bit depends
// on it: a shard's samples are added in order, however they are cut. The same for all batches of a run. Pure.

/** Samples that are worked on together (assembly/structs.ts). */
export const TILE = 16;

/** Tiles that a pass may have: as many as a row's list has room for (assembly/structs.ts, ENTRY_BYTES). */
const MOST_TILES = 64;

// Samples of a pass: many make few passes, few keep what they leave in the second-level cache.
const PASS_SAMPLES = 128;

export interface PassGrid {
  /** Tiles of each shard. */
  readonly shardTiles: number;
  /** Shards of a pass, where it has whole ones: a power of two. */
  readonly passShards: number;
  /** Passes that one shard takes; 1 where a pass has whole shards. */
  readonly shardPasses: number;
  /** Tiles of the largest pass. */
  readonly passTiles: number;
}

export function passGridOf(batchSize: number, shards: number): PassGrid {
  const largest = Math.max(1, Math.ceil(batchSize / shards));
  const shardTiles = Math.ceil(largest / TILE);
  const tileSamples = Math.ceil(largest / shardTiles);
  const room = Math.max(1, Math.min(MOST_TILES, Math.floor(PASS_SAMPLES / tileSamples)));
  const shardPasses = Math.ceil(shardTiles / room);
  if (shardPasses > 1) {
    return { shardTiles, passShards: 1, shardPasses, passTiles: Math.ceil(shardTiles / shardPasses) };
  }
  const passShards = Math.min(shards, 2 ** Math.floor(Math.log2(room / shardTiles)));
  return { shardTiles, passShards, shardPasses, passTiles: passShards * shardTiles };
}

/** Passes of a tree node of `shards` shards (a power of two). */
export function passesOf({ passShards, shardPasses }: PassGrid, shards: number): number {
  return Math.max(1, shards / passShards) * shardPasses;
}
