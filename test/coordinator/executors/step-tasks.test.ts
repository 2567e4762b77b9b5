import { describe, expect, test } from 'vitest';
import { blocksOfStep } from '../../../coordinator/executors/step-tasks.ts';
import { passesOf, passGridOf } from '../../../src/kernels/pass-grid.ts';
import { layoutOf } from '../../../src/model/layout.ts';
import { shardsOfBlock } from '../../../src/tree.ts';

const passes = (batchSize: number, shards = 8) =>
  passesOf(passGridOf(batchSize, shards, layoutOf([784, 128, 64, 10]), 1), shards);
const sizes = (threads: number, batchSize: number, shards = 8) =>
  blocksOfStep(threads, shards, passes(batchSize, shards))?.map(({ level }) => 2 ** level) ?? null;

describe('a step is shared', () => {
  test('that has one pass', () => expect(sizes(2, 128)).toBe(null));
  test('by more threads than there are shards for', () => {
    expect([5, 6, 7, 10, 64].map((threads) => sizes(threads, 2048))).toEqual([null, null, null, null, null]);
  });
  test('by a thread that is alone, which waits for nobody', () => expect(sizes(1, 2048)).toBe(null));
  test('whose only shard has many passes', () => expect(sizes(2, 2048, 1)).toBe(null));
});

describe('a step is cut into blocks', () => {
  test('one for each thread', () => expect(sizes(2, 512)).toEqual([4, 4]));
  test('twice as many where each still has four passes', () => {
    expect(sizes(2, 2048)).toEqual([2, 2, 2, 2]);
    expect(sizes(2, 4096)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    expect(sizes(8, 2048)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });
  test('of whole tree nodes, in order, that cover all shards once', () => {
    for (const threads of [2, 3, 4, 7, 8]) {
      for (const shards of [4, 8, 64]) {
        const blocks = blocksOfStep(threads, shards, passes(2048, shards));
        if (blocks === null) continue;
        const ranges = blocks.map(shardsOfBlock);
        expect(ranges.map(({ first }) => first)).toEqual([0, ...ranges.slice(0, -1).map(({ end }) => end)]);
        expect(ranges.at(-1)!.end).toBe(shards);
      }
    }
  });
});
