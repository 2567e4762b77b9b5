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

/** A pass of a tree node of `shards` shards: which tiles it has, and where its sums go (assembly/gradient.ts, locate). */
export interface Pass {
  readonly firstShard: number;
  readonly shards: number;
  /** The tiles of each of its shards, [firstTile, endTile). */
  readonly firstTile: number;
  readonly endTile: number;
  /** A vector for part of a shard, one that waits at a level of the tree, or the tree node itself. */
  readonly to: { readonly running: number } | { readonly pending: number } | 'node';
}

export function passAt(grid: PassGrid, shards: number, pass: number): Pass {
  const { shardPasses, shardTiles } = grid;
  const [node, part] = [Math.floor(pass / shardPasses), pass % shardPasses];
  const ofPass = Math.min(grid.passShards, shards);
  const tilesBefore = (parts: number) => Math.floor((shardTiles * parts) / shardPasses);
  const place = { firstShard: node * ofPass, shards: ofPass };
  const tiles = { firstTile: tilesBefore(part), endTile: tilesBefore(part + 1) };
  if (part < shardPasses - 1) return { ...place, ...tiles, to: { running: part % 2 } };
  if ((node + 1) * ofPass === shards) return { ...place, ...tiles, to: 'node' };
  // as many left siblings are merged as the number has ones at its end
  let level = 0;
  while ((node >> level) & 1) level++;
  return { ...place, ...tiles, to: { pending: level } };
}

/** Passes of a tree node of `shards` shards (a power of two). */
export function passesOf({ passShards, shardPasses }: PassGrid, shards: number): number {
  return Math.max(1, shards / passShards) * shardPasses;
}
