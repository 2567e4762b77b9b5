import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blocksOfRange, evenBlocks, rootLevel, shardsOfBlock } from '../src/tree.ts';

const range = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i);

describe('blocksOfRange', () => {
  test('gives whole aligned blocks, the fewest there are', () => {
    expect(blocksOfRange(0, 8)).toEqual([{ level: 3, index: 0 }]);
    expect(blocksOfRange(1, 7)).toEqual([
      { level: 0, index: 1 },
      { level: 1, index: 1 },
      { level: 1, index: 2 },
      { level: 0, index: 6 },
    ]);
    expect(blocksOfRange(3, 3)).toEqual([]);
  });

  test('covers each shard once, and no two of its blocks are siblings', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 64 }), fc.integer({ min: 0, max: 64 }), (a, b) => {
        const [first, end] = [Math.min(a, b), Math.max(a, b)];
        const blocks = blocksOfRange(first, end);
        const covered = blocks.flatMap((block) => {
          const shards = shardsOfBlock(block);
          return range(shards.first, shards.end);
        });
        expect(covered).toEqual(range(first, end));
        const names = new Set(blocks.map(({ level, index }) => `${level}/${index}`));
        for (const { level, index } of blocks) expect(names.has(`${level}/${index ^ 1}`)).toBe(false);
      }),
    );
  });
});

describe('evenBlocks', () => {
  test('cuts all the shards among any number of workers, evenly', () => {
    for (const shards of [1, 2, 8, 64]) {
      for (let workers = 1; workers <= 70; workers++) {
        const parts = evenBlocks(shards, workers);
        const sizes = parts.map((blocks) => blocks.reduce((sum, { level }) => sum + 2 ** level, 0));
        expect(parts).toHaveLength(workers);
        expect(sizes.reduce((sum, size) => sum + size)).toBe(shards);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }
    }
  });
});

test('rootLevel is the logarithm', () => {
  for (let level = 0; level <= 10; level++) expect(rootLevel(2 ** level)).toBe(level);
});
