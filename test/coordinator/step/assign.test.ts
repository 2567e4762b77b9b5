import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apportion, assign, assignBlocks } from '../../../coordinator/step/assign.ts';
import { blocksOfShards } from '../../../coordinator/step/cover.ts';
import { type BlockAddress, shardsOfBlock } from '../../../src/tree.ts';

const weight = fc.oneof(fc.double({ min: 0, max: 1e3, noNaN: true }), fc.constantFrom(0, 1, 1, 1, 2, 1e-300, 1e308));
const workers = fc.uniqueArray(fc.record({ workerId: fc.nat(50), weight }), {
  selector: ({ workerId }) => workerId,
  maxLength: 12,
});
const shardsIn = (blocks: readonly BlockAddress[]) =>
  blocks.flatMap((block) => {
    const { first, end } = shardsOfBlock(block);
    return Array.from({ length: end - first }, (_, i) => first + i);
  });
const binaryOnes = (n: number) => n.toString(2).replaceAll('0', '').length;
const equal = (n: number) => Array.from({ length: n }, (_, i) => ({ workerId: i + 1, weight: 1 }));
const shown = (map: Map<number, BlockAddress[]>) =>
  [...map].map(([id, blocks]) => `${id}: ${blocks.map(({ level, index }) => `${level}:${index}`).join(' ')}`);

describe('assign', () => {
  it.each([
    [1, ['1: 3:0']],
    [2, ['1: 2:0', '2: 2:1']],
    [3, ['1: 1:0 0:6', '2: 1:1 0:7', '3: 1:2']],
    [4, ['1: 1:0', '2: 1:1', '3: 1:2', '4: 1:3']],
    [5, ['1: 1:0', '2: 1:1', '3: 1:2', '4: 0:6', '5: 0:7']],
    [8, ['1: 0:0', '2: 0:1', '3: 0:2', '4: 0:3', '5: 0:4', '6: 0:5', '7: 0:6', '8: 0:7']],
    [9, ['1: 0:0', '2: 0:1', '3: 0:2', '4: 0:3', '5: 0:4', '6: 0:5', '7: 0:6', '8: 0:7']],
  ])('divides 8 shards among %i equal workers', (count, expected) => {
    expect(shown(assign(8, equal(count)))).toEqual(expected);
  });

  it('gives a slow laptop less and a large node more', () => {
    const three = [
      { workerId: 1, weight: 1 },
      { workerId: 2, weight: 16 },
      { workerId: 3, weight: 4 },
    ];
    expect(shown(assign(64, three))).toEqual(['2: 5:0 4:2 0:63', '3: 3:6 2:14', '1: 1:30 0:62']);
  });

  it('is a partition of all shards, in as few nodes as numbers allow, and within one of proportional', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), workers, (shards, all) => {
        const given = assign(shards, all);
        fc.pre(all.length > 0);
        const everything = [...given.values()].flatMap(shardsIn).sort((a, b) => a - b);
        expect(everything).toEqual(Array.from({ length: shards }, (_, i) => i));
        const largest = Math.max(...all.map((one) => one.weight));
        const total = all.reduce((sum, one) => sum + one.weight / (largest || 1), 0);
        for (const { workerId, weight } of all) {
          const blocks = given.get(workerId) ?? [];
          const mine = shardsIn(blocks);
          const part = largest > 0 ? (weight / largest / total) * shards : shards / all.length;
          expect(Math.abs(mine.length - part)).toBeLessThan(1 + 1e-9);
          if (weight === 0 && largest > 0) expect(mine).toEqual([]);
          expect(blocks.length).toBe(binaryOnes(mine.length));
          expect(mine).toEqual(mine.toSorted((a, b) => a - b));
        }
      }),
    );
  });

  it('gives nobody more than it may have, and the rest to others, or to nobody', () => {
    const weighted = (workerId: number, weight: number, change: object = {}) => ({ workerId, weight, ...change });
    expect([...apportion(8, [weighted(1, 1), weighted(2, 1024, { most: 2 })])]).toEqual([
      [1, 6],
      [2, 2],
    ]);
    expect([...apportion(8, [weighted(1, 1, { most: 2 }), weighted(2, 1024, { most: 4 })])]).toEqual([
      [1, 2],
      [2, 4],
    ]);
    expect([...apportion(8, [weighted(1, 0), weighted(2, 9, { most: 3 })])]).toEqual([
      [1, 5],
      [2, 3],
    ]);
    expect([
      ...apportion(8, [weighted(1, 1), weighted(2, 0, { one: true }), weighted(3, 1e308, { one: true })]),
    ]).toEqual([
      [1, 6],
      [2, 1],
      [3, 1],
    ]);
    expect([
      ...apportion(
        2,
        [1, 2, 3].map((id) => weighted(id, 5, { one: id < 3 })),
      ),
    ]).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it('gives nobody anything when nobody is there', () => {
    expect(assign(8, []).size).toBe(0);
  });

  it('does not depend on the order in which workers are listed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), workers, (shards, all) => {
        expect([...assign(shards, all)]).toEqual([...assign(shards, all.toReversed())]);
      }),
    );
  });

  it('takes weights that are no weights for zero', () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, -1, 3].map((weight, workerId) => ({ workerId, weight }));
    expect([...apportion(8, odd)]).toEqual([[3, 8]]);
  });
});

describe('assignBlocks', () => {
  it('divides any set of blocks, cutting where it must', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(63), { minLength: 1 }), workers, (shards, all) => {
        shards.sort((a, b) => a - b);
        const blocks = blocksOfShards(shards);
        expect(shardsIn(blocks)).toEqual(shards);
        const given = assignBlocks(blocks, all);
        fc.pre(all.length > 0);
        expect([...given.values()].flatMap(shardsIn).sort((a, b) => a - b)).toEqual(shards);
        expect(new Map([...given].map(([id, mine]) => [id, shardsIn(mine).length]))).toEqual(
          new Map([...given.keys()].map((id) => [id, apportion(shards.length, all).get(id)])),
        );
        for (const mine of given.values()) {
          for (const block of mine) {
            const within = blocks.some((whole) =>
              shardsIn([block]).every((shard) => shardsIn([whole]).includes(shard)),
            );
            expect(within).toBe(true);
          }
        }
      }),
    );
  });
});
