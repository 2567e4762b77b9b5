// The promise, over sockets: whoever does the work, the bits are those of the single-worker baseline.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

describe('the same bits as one worker', () => {
  test.each([1, 2, 3, 5])('with %d nodes', async (count) => {
    await withCluster({ ...digits.short, minWorkers: count }, async (cluster) => {
      const nodes = Array.from({ length: count }, (_, i) => cluster.node({ name: `n${i}`, data: digits.data }));
      expect(await cluster.bits()).toEqual(await digits.baseline());
      for (const node of nodes) {
        expect((await node.ended).result).toMatchObject({ joined: 1, reason: 'the run is over' });
        expect(node.steps.length).toBeGreaterThan(0);
      }
      expect((await cluster.outcome).warnings).toEqual([]);
    });
  });

  test('with 16 nodes and as many shards', async () => {
    const options = { shards: 16 };
    await withCluster({ ...digits.short, ...options, minWorkers: 16 }, async (cluster) => {
      const nodes = Array.from({ length: 16 }, (_, i) => cluster.node({ name: `n${i}`, data: digits.data }));
      expect(await cluster.bits()).toEqual(await digits.baseline(options));
      for (const { steps } of nodes) expect(steps.length).toBeGreaterThan(0);
    });
  });

  test.each<[string, Partial<TrainOptions>]>([
    ['batches that the shards do not divide', { batchSize: 100 }],
    ['a last batch with fewer samples than shards', { limitTrain: 195 }],
    ['one shard', { shards: 1 }],
    ['other widths, not multiples of four', { hidden: [33, 7, 5] }],
    ['augmented validation', { augmentValidation: true }],
    ['no validation', { valSize: 0, limitTrain: 400 }],
    ['an epoch cut short', { maxSteps: 27 }],
  ])('with two nodes and %s', async (_, options) => {
    await withCluster({ ...digits.short, ...options, minWorkers: 2 }, async (cluster) => {
      for (const name of ['a', 'b']) cluster.node({ name, data: digits.data });
      expect(await cluster.bits()).toEqual(await digits.baseline(options));
    });
  });

  test('with a node of real threads beside one that computes on its own', async () => {
    await withCluster({ ...digits.short, minWorkers: 3 }, async (cluster) => {
      const a = cluster.node({ name: 'a', threads: 2, realThreads: true, data: digits.data });
      const b = cluster.node({ name: 'b', data: digits.data });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect((await a.ended).result!.shardsDone).toBeGreaterThan(0);
      expect((await b.ended).result!.shardsDone).toBeGreaterThan(0);
    });
  });

  test('with threads of the coordinator and two nodes', async () => {
    await withCluster({ ...digits.short, threads: 2, minWorkers: 4 }, async (cluster) => {
      const nodes = ['a', 'b'].map((name) => cluster.node({ name, data: digits.data }));
      expect(await cluster.bits()).toEqual(await digits.baseline());
      for (const { steps } of nodes) expect(steps.length).toBeGreaterThan(0);
    });
  });

  test('with threads alone, since nobody joins', async () => {
    await withCluster({ ...digits.short, threads: 2 }, async (cluster) => {
      expect(await cluster.bits()).toEqual(await digits.baseline());
    });
  });
});

describe('the dataset', () => {
  test('is received by a node that has none, and by one that has another; who has it is sent nothing', async () => {
    const other = await makeDigits(300, 20);
    await withCluster({ ...digits.short, minWorkers: 3 }, async (cluster) => {
      const none = cluster.node({ name: 'none', data: null });
      const another = cluster.node({ name: 'another', data: other.data });
      const same = cluster.node({ name: 'same', data: digits.data });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect([none, another, same].map(({ log }) => log.count(/receiving the dataset, 2\.3 MiB/))).toEqual([1, 1, 0]);
      for (const node of [none, another, same]) expect(node.steps.length).toBeGreaterThan(0);
    });
    other.remove();
  });
});
