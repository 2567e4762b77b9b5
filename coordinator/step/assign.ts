// Pure: who computes which blocks. Shards go to workers in proportion to their weights and in the fewest whole tree nodes,
// since each tree node is one message with all the gradient's values. Deterministic; knows nothing of time.

import { type BlockAddress, blocksOfRange, shardsOfBlock } from '../../src/tree.ts';

export interface Weighted {
  readonly workerId: number;
  /** Speed in any unit, 0 or more; what is not a positive number counts as 0. */
  readonly weight: number;
  /** Shards that it gets at the most; all of them when not given. */
  readonly most?: number;
  /** It gets one shard, before all others, whatever its weight: so that it is measured, and can keep no more from them. */
  readonly one?: boolean;
}

/** Divides all shards of a tree. Workers that get none are not in the result. */
export function assign(shards: number, workers: readonly Weighted[]): Map<number, BlockAddress[]> {
  return assignBlocks(blocksOfRange(0, shards), workers);
}

/**
 * Divides disjoint blocks, which may be cut. Every shard goes to exactly one worker, unless all workers have as many as they may,
 * and a worker that is to have n shards gets as many blocks as n has binary digits 1, as far as the given blocks allow. Each
 * list is in shard order.
 */
export function assignBlocks(
  blocks: readonly BlockAddress[],
  workers: readonly Weighted[],
): Map<number, BlockAddress[]> {
  const total = blocks.reduce((sum, { level }) => sum + 2 ** level, 0);
  // What each worker still needs, as sizes that are powers of two. The largest are served first, so that they find
  // whole blocks; within a size by workerId.
  const needs = [...apportion(total, workers)].flatMap(([workerId, count]) =>
    powersOfTwo(count).map((size) => ({ workerId, size })),
  );
  needs.sort((a, b) => b.size - a.size || a.workerId - b.workerId);

  const free = [...blocks].sort(byShard);
  const result = new Map<number, BlockAddress[]>();
  for (const { workerId, size } of needs) {
    const mine = result.get(workerId) ?? [];
    result.set(workerId, mine);
    for (let missing = size; missing > 0; ) {
      const block = take(free, missing);
      mine.push(block);
      missing -= 2 ** block.level;
    }
  }
  for (const mine of result.values()) mine.sort(byShard);
  return result;
}

/**
 * How many of `total` shards each worker gets: within one of its exact part (largest remainders, ties by workerId), but never
 * more than it may have, which others get then. Workers in order of workerId, those with none left out. When all weights are
 * 0 they count as equal, so that somebody does the work.
 */
export function apportion(total: number, workers: readonly Weighted[]): Map<number, number> {
  const sorted = workers.toSorted((a, b) => a.workerId - b.workerId);
  const counts = new Map(sorted.map(({ workerId }) => [workerId, 0]));
  for (const { workerId } of sorted.filter(({ one }) => one).slice(0, total)) counts.set(workerId, 1);
  let left = total - sum(counts.values());
  let open = sorted.filter(({ one }) => !one);
  while (open.length > 0) {
    const parts = proportions(left, open);
    const full = open.filter(({ workerId, most = left }) => parts.get(workerId)! >= most);
    for (const { workerId, most = left } of full) counts.set(workerId, most);
    if (full.length === 0) for (const [workerId, count] of parts) counts.set(workerId, count);
    left -= full.reduce((all, { most = left }) => all + most, 0);
    open = full.length === 0 ? [] : open.filter((worker) => !full.includes(worker));
  }
  return new Map([...counts].filter(([, count]) => count > 0));
}

/** Whatever each may have. */
function proportions(total: number, sorted: readonly Weighted[]): Map<number, number> {
  const positive = sorted.map(({ weight }) => (weight > 0 && Number.isFinite(weight) ? weight : 0));
  const largest = Math.max(...positive);
  // Divided by the largest first, or the sum of huge weights would be infinite.
  const weights = positive.map((weight) => (largest > 0 ? weight / largest : 1));
  const whole = sum(weights);
  const exact = weights.map((weight) => (weight / whole) * total);
  const counts = exact.map(Math.floor);
  let left = total - sum(counts);
  const byRemainder = exact.map((part, i) => ({ i, remainder: part - Math.floor(part) }));
  byRemainder.sort((a, b) => b.remainder - a.remainder || a.i - b.i);
  for (const { i } of byRemainder) {
    if (left === 0) break;
    if (weights[i] === 0) continue;
    counts[i]!++;
    left--;
  }
  return new Map(sorted.map(({ workerId }, i) => [workerId, counts[i]!]));
}

function sum(values: Iterable<number>): number {
  let all = 0;
  for (const value of values) all += value;
  return all;
}

/**
 * Removes a block of at most `size` shards (a power of two) from `free`: one of just that size, else part of the smallest
 * larger one, else the largest smaller one; the first of equals.
 */
function take(free: BlockAddress[], size: number): BlockAddress {
  let best = -1;
  for (let i = 0; i < free.length; i++) {
    if (best < 0 || fitsBetter(2 ** free[i]!.level, 2 ** free[best]!.level, size)) best = i;
  }
  if (best < 0) throw new RangeError('fewer shards than were apportioned');
  let [block] = free.splice(best, 1) as [BlockAddress];
  while (2 ** block.level > size) {
    const level = block.level - 1;
    free.splice(best, 0, { level, index: 2 * block.index + 1 });
    block = { level, index: 2 * block.index };
  }
  return block;
}

function fitsBetter(a: number, b: number, size: number): boolean {
  if (a >= size && b >= size) return a < b;
  return a > b;
}

function powersOfTwo(count: number): number[] {
  return blocksOfRange(0, count).map(({ level }) => 2 ** level);
}

function byShard(a: BlockAddress, b: BlockAddress): number {
  return shardsOfBlock(a).first - shardsOfBlock(b).first;
}
