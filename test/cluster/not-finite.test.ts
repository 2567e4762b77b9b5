// A NaN or an infinity in a gradient: the shard is redone elsewhere. Either its worker was wrong, and is evicted, or the
// gradient is, and the run stops and says where.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { patient, withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

/** Spoils what was computed, `times` times, from step 0 on: there everybody is given the same. */
function spoiler(spoil: (run: RunMemory, slot: number) => void, times = Number.POSITIVE_INFINITY) {
  const afterStep = (_at: unknown, run: RunMemory, slots: readonly number[]) => {
    if (afterStep.times >= times) return;
    afterStep.times++;
    for (const slot of slots) spoil(run, slot);
  };
  afterStep.times = 0;
  return afterStep;
}

const value = (wrong: number) => (run: RunMemory, slot: number) => {
  run.vector(run.plan.slots[slot]!.vector)[77] = wrong;
};
const loss = (run: RunMemory, slot: number) => {
  run.doubles[run.plan.slots[slot]!.figures / 8] = Number.NaN;
};

test.each([
  ['a NaN', value(Number.NaN)],
  ['an infinity', value(Number.NEGATIVE_INFINITY)],
  ['a loss of NaN', loss],
])('%s from one of two nodes: it is evicted with 4040, and the bits are right', async (_, spoil) => {
  await withCluster(
    { ...digits.short, minWorkers: 2 },
    async (cluster) => {
      const afterStep = spoiler(spoil);
      const bad = cluster.node({ name: 'bad', data: digits.data, afterStep });
      cluster.node({ name: 'good', data: digits.data });
      const { error } = await bad.ended;
      expect(error).toMatchObject({ exitCode: 1, why: expect.stringMatching(/^nonFinite: not finite in shard/) });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(afterStep.times).toBe(1);
      expect(cluster.log.count(/\(bad\) left: nonFinite: not finite in shards? \d.*, where worker \d is/)).toBe(1);
    },
    patient,
  );
});

test('from a node beside threads of the coordinator', async () => {
  await withCluster(
    { ...digits.short, threads: 1, minWorkers: 2 },
    async (cluster) => {
      const afterStep = spoiler(value(Number.NaN));
      cluster.node({ name: 'bad', data: digits.data, afterStep });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(afterStep.times).toBe(1);
      expect(cluster.log.count(/\(bad\) left: nonFinite/)).toBe(1);
    },
    patient,
  );
});

test('from both nodes: the run stops with step, shard and samples named', async () => {
  await withCluster(
    { ...digits.short, minWorkers: 2 },
    async (cluster) => {
      for (const name of ['a', 'b']) {
        cluster.node({ name, data: digits.data, afterStep: spoiler(value(Number.NaN)) });
      }
      await expect(cluster.outcome).rejects.toMatchObject({
        exitCode: 1,
        what: expect.stringMatching(
          /^step 0: the gradient of shard \d is not finite, from worker \d and from worker \d$/,
        ),
        why: expect.stringMatching(/its samples are the training images \d+(, \d+){7}$/),
      });
    },
    patient,
  );
});

test('from the only node, twice: the run stops', async () => {
  await withCluster(digits.short, async (cluster) => {
    cluster.node({ name: 'a', data: digits.data, afterStep: spoiler(value(Number.NaN)) });
    const what = expect.stringMatching(/^step 0: the gradient of shard 0 is not finite, from worker 1, twice$/);
    await expect(cluster.outcome).rejects.toMatchObject({ exitCode: 1, what });
  });
});

test('from the only node, once: it is warned of, and the bits are right', async () => {
  await withCluster(digits.short, async (cluster) => {
    const afterStep = spoiler(value(Number.NaN), 1);
    cluster.node({ name: 'a', data: digits.data, afterStep });
    expect(await cluster.bits()).toEqual(await digits.baseline());
    expect(afterStep.times).toBe(1);
    expect(cluster.log.count(/warning: step 0: worker 1 was not finite in shards 0 to 7 the first time/)).toBe(1);
  });
});
