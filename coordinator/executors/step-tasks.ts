// How the threads of one machine cut a step among themselves. No bit depends on it. Pure.

import { type BlockAddress, evenBlocks } from '../../src/tree.ts';

/** Passes that a block has at least where each thread is given more than one. */
const PASSES_OF_SMALLER_BLOCKS = 4;
/** Longer than that by threads that have no shard left, and the step is shared instead. */
const MOST_IDLE = 1.2;

/**
 * The blocks (whole tree nodes) of a step, which each thread takes through all of their passes by itself; or null where the threads
 * share each pass, tile by tile and row by row. A shared pass ends with everybody waiting twice, and passes deltas from core to core;
 * blocks wait twice a step, and pass gradients. So blocks are cheaper wherever a step has more than one pass, as long as there are
 * shards for all threads. `passes`: of the whole step (src/kernels/pass-grid.ts).
 */
export function blocksOfStep(threads: number, shards: number, passes: number): BlockAddress[] | null {
  if (threads === 1 || passes === 1) return null;
  if (Math.ceil(shards / threads) * threads > MOST_IDLE * shards) return null;
  let parts = threads;
  // a thread on a slower core then takes fewer
  while (2 * parts <= shards && passes / (2 * parts) >= PASSES_OF_SMALLER_BLOCKS) parts *= 2;
  return evenBlocks(shards, parts).flat();
}
