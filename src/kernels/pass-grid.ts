// How the samples of a batch are cut for the kernels: shards into chunks of at most CHUNK samples, and chunks into passes, whose
// samples go through the network and then into the gradient's rows. A pass has whole shards, or a part of one. No bit depends
// on it: a shard's samples are added in order, however they are cut. The same for all batches of a run. Pure.

/** Samples that are worked on together (assembly/structs.ts). */
export const CHUNK = 16;

/** Chunks that a pass may have: as many as a row's list has room for (assembly/structs.ts, ENTRY_BYTES). */
const MOST_CHUNKS = 64;

// Samples of a pass: many make few passes, few keep what they leave in the second-level cache.
const PASS_SAMPLES = 128;

export interface PassGrid {
  /** Chunks of each shard. */
  readonly shardChunks: number;
  /** Shards of a pass, where it has whole ones: a power of two. */
  readonly passShards: number;
  /** Passes that one shard takes; 1 where a pass has whole shards. */
  readonly shardPasses: number;
  /** Chunks of the largest pass. */
  readonly passChunks: number;
}

export function passGridOf(batchSize: number, shards: number): PassGrid {
  const largest = Math.max(1, Math.ceil(batchSize / shards));
  const shardChunks = Math.ceil(largest / CHUNK);
  const chunkSamples = Math.ceil(largest / shardChunks);
  const room = Math.max(1, Math.min(MOST_CHUNKS, Math.floor(PASS_SAMPLES / chunkSamples)));
  const shardPasses = Math.ceil(shardChunks / room);
  if (shardPasses > 1) {
    return { shardChunks, passShards: 1, shardPasses, passChunks: Math.ceil(shardChunks / shardPasses) };
  }
  const passShards = Math.min(shards, 2 ** Math.floor(Math.log2(room / shardChunks)));
  return { shardChunks, passShards, shardPasses, passChunks: passShards * shardChunks };
}

/** Passes of a tree node of `shards` shards (a power of two). */
export function passesOf({ passShards, shardPasses }: PassGrid, shards: number): number {
  return Math.max(1, shards / passShards) * shardPasses;
}
