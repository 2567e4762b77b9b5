// How the samples of a batch are cut for the kernels: shards into tiles of at most TILE samples, and tiles into passes, whose
// samples go through the network and then into the gradient's rows. A pass has whole shards, or a part of one. No bit depends
// on it: a shard's samples are added in order, however they are cut. The same for all batches of a run. Pure.

import type { Layout } from '../model/layout.ts';

/** Samples whose inputs stand side by side (assembly/structs.ts). */
export const TILE = 16;

/** Rows from so many bytes on are long (assembly/structs.ts). */
export const LONG_ROW_BYTES = 1024;

/** Tiles that a pass may have: as many as a row's list has room for (assembly/structs.ts, ENTRY_BYTES). */
const MOST_TILES = 64;

export interface PassGrid {
  /** Tiles of each shard. */
  readonly shardTiles: number;
  /** Shards of a pass, where it has whole ones: a power of two. */
  readonly passShards: number;
  /** Passes that one shard takes; 1 where a pass has whole shards. */
  readonly shardPasses: number;
  /** Tiles of the largest pass. */
  readonly passTiles: number;
  /** Tiles that one thread takes through the network together, and how many such groups the largest pass has. */
  readonly groupTiles: number;
  readonly passGroups: number;
}

// Samples of a pass: many make few passes, few keep what they leave in the second-level cache.
const PASS_SAMPLES = 128;

/**
 * Tiles of a group. Where rows are long, so many that it pays to fetch a block of them from beyond the caches; but two groups to a
 * pass of PASS_SAMPLES where several threads share its groups (coordinator/executors/step-tasks.ts says where they may).
 */
function tilesOfGroup({ layers }: Layout, shared: boolean): number {
  if (!layers.some(({ stride }) => 4 * stride >= LONG_ROW_BYTES)) return 1;
  return shared ? 4 : 8;
}

/** Of a batch of at most `batchSize` samples in `shards` shards, by `workers` threads. */
export function passGridOf(batchSize: number, shards: number, layout: Layout, workers: number): PassGrid {
  const largest = Math.max(1, Math.ceil(batchSize / shards));
  const shardTiles = Math.ceil(largest / TILE);
  const tileSamples = Math.ceil(largest / shardTiles);
  const room = Math.max(1, Math.min(MOST_TILES, Math.floor(PASS_SAMPLES / tileSamples)));
  const shardPasses = Math.ceil(shardTiles / room);
  const passShards = shardPasses > 1 ? 1 : Math.min(shards, 2 ** Math.floor(Math.log2(room / shardTiles)));
  const passTiles = shardPasses > 1 ? Math.ceil(shardTiles / shardPasses) : passShards * shardTiles;
  const shared = workers > 1 && (passShards === shards || shards % workers > 0);
  const groupTiles = Math.min(passTiles, tilesOfGroup(layout, shared));
  return { shardTiles, passShards, shardPasses, passTiles, groupTiles, passGroups: Math.ceil(passTiles / groupTiles) };
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
