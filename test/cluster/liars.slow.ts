// Workers that lie, in each way that is finite and well-formed, to a run with --audit: each is found, evicted and refused, the run
// goes back to before its first answer, and its bits are those of a single worker.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SplitName } from '../../src/engine.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { patient, withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { gate } from '../support/events.ts';
import {
  anotherShard,
  falseCount,
  falseLoss,
  type Lie,
  nowAndThen,
  smallNumber,
  staleStep,
  zeros,
} from '../support/lies.ts';
import type { NodeSetup } from '../support/nodes.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

type Options = typeof digits.short;

/** A run with two honest nodes, and a third that lies. */
async function withLiar(setup: NodeSetup, options: Options) {
  return await withCluster(
    { ...digits.short, minWorkers: 3, ...options },
    async (cluster) => {
      cluster.node({ name: 'honest', data: digits.data });
      cluster.node({ name: 'honest too', data: digits.data });
      const liar = cluster.node({ name: 'liar', data: digits.data, ...setup });
      expect((await liar.ended).error).toMatchObject({
        exitCode: 1,
        what: expect.stringMatching(/takes no more answers from here$/),
        why: expect.stringMatching(/^falseAnswer: .* is false/),
      });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(cluster.log.evicted).toMatchObject([{ name: 'liar', eviction: 'false_answer' }]);
      expect(cluster.log.of('wentBack')).toHaveLength(1);
      return cluster;
    },
    patient,
  );
}

describe('a worker that, in gradients,', () => {
  test.each<[string, () => Lie]>([
    ['adds a small number', () => smallNumber],
    ['sends zeros', () => zeros],
    ['reports a false count', () => falseCount],
    ['reports a false loss', () => falseLoss],
    ["sends another shard's gradient", () => anotherShard],
    ["sends a stale step's gradient", staleStep],
  ])('%s', async (_, lie) => {
    await withLiar({ afterStep: lie() }, { audit: 0.5 });
  });

  // it has eleven of its answers in which to be found: at 0.5 it is not in one run of 2,048, at 0.9 in one of 10^11
  test('adds a small number in every fourth step', async () => {
    await withLiar({ afterStep: nowAndThen(smallNumber, 4) }, { audit: 0.9 });
  });
});

describe('a worker that, in evaluations,', () => {
  const inParts =
    (asked: SplitName, change: Partial<Record<'lossSum' | 'correctCount', number>>) =>
    (split: SplitName, memory: RunMemory, first: number) => {
      if (split !== asked) return;
      const sums = memory.sums(memory.partSumsAt(first));
      const { lossSum = 0, correctCount = 0 } = change;
      memory.setSums(memory.partSumsAt(first), {
        lossSum: sums.lossSum + lossSum,
        correctCount: Math.max(0, sums.correctCount - correctCount),
        sampleCount: sums.sampleCount,
      });
    };

  // of each split only a few parts are its own
  test.each<[string, SplitName, Parameters<typeof inParts>[1]]>([
    ['reports a false loss of the validation split', 'validation', { lossSum: 0.5 }],
    ['reports a false count of the validation split', 'validation', { correctCount: 1 }],
    ['reports a false count of the test split', 'test', { correctCount: 1 }],
  ])('%s', async (_, split, change) => {
    await withLiar({ afterParts: inParts(split, change) }, { audit: 1 });
  });
});

test('who was found is refused by its name and by its address, and a worker that is there stays', async () => {
  await withCluster(
    { ...digits.short, minWorkers: 2, audit: 1 },
    async (cluster) => {
      // else the run might be over before they ask
      const refused = gate();
      const until = ({ step }: { step: number }) => (step === 30 ? refused.promise : undefined);
      cluster.node({ name: 'honest', data: digits.data, beforeStep: until });
      const liar = cluster.node({ name: 'liar', data: digits.data, afterStep: smallNumber });
      await liar.ended;
      const again = [
        cluster.node({ name: 'liar', data: digits.data }),
        cluster.node({ name: 'new', data: digits.data }),
      ];
      for (const [i, whose] of ['of this name', 'at this address'].entries()) {
        expect((await again[i]!.ended).error).toMatchObject({
          exitCode: 1,
          why: `falseAnswer: a worker ${whose} sent false answers in this run`,
        });
      }
      refused.open();
      expect(await cluster.bits()).toEqual(await digits.baseline());
    },
    patient,
  );
});

// so many epochs that its first answers are there long before the last, however fast the thread is
test('beside threads of the coordinator, which go on alone', async () => {
  await withCluster(
    { ...digits.short, epochs: 20, threads: 1, minWorkers: 2, audit: 1 },
    async (cluster) => {
      const liar = cluster.node({ name: 'liar', data: digits.data, afterStep: smallNumber });
      await liar.ended;
      expect(await cluster.bits()).toEqual(await digits.baseline({ epochs: 20 }));
      expect(cluster.log.evicted).toMatchObject([{ eviction: 'false_answer' }]);
    },
    patient,
  );
});

test('one that lies below the chance of the audit is not found, and the run says what its chance was', async () => {
  await withCluster(
    { ...digits.short, minWorkers: 2, audit: 1e-9 },
    async (cluster) => {
      cluster.node({ name: 'honest', data: digits.data });
      cluster.node({ name: 'liar', data: digits.data, afterStep: smallNumber });
      const { digest } = await cluster.bits();
      expect(digest).not.toBe((await digits.baseline()).digest);
      expect(cluster.log.evicted).toEqual([]);
      expect(cluster.log.of('audits')).toMatchObject([{ share: 1e-9, audited: 0, falseAnswers: 0 }]);
      expect(
        cluster.log.count(/none of them was false; a single false answer stays unseen with a chance of 100 %/),
      ).toBe(1);
    },
    patient,
  );
});
