// Parameters in two forms: whichever a node is sent, and whenever that changes, the bits are those of one worker.

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { LinkOptions } from '../../coordinator/step/parameter-form.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { type Cluster, impatient, patient, withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { startProxy } from '../support/proxy.ts';

// 22 steps an epoch, two epochs
let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

const always: LinkOptions = {
  packUpTo: Number.POSITIVE_INFINITY,
  plainAbove: Number.POSITIVE_INFINITY,
  attempts: 1,
};
const never: LinkOptions = { packUpTo: 0, plainAbove: 0, attempts: 1 };

/** Everybody has a share, and nothing is late. */
function patientWith(link: LinkOptions) {
  return { limits: { ...patient.limits, link } };
}

/** Workers and the form of their parameters from then on, in order. */
function told({ log }: Cluster): [number, string][] {
  return log.of('parameterForm').map(({ workerId, packed }) => [workerId, packed ? 'packed' : 'plain']);
}

describe('the same bits as one worker', () => {
  test.each<[string, number, Partial<TrainOptions>]>([
    ['one node', 1, {}],
    ['two nodes', 2, {}],
    ['three nodes', 3, {}],
    ['two nodes, widths that are no multiples of four', 2, { hidden: [33, 7, 5] }],
    ['two nodes, parameters that change much', 2, { lr: 0.1 }],
    ['two nodes, the best epoch, which is tested', 2, { select: 'best', epochs: 3, lr: 0.03 }],
    ['two nodes, augmented validation', 2, { augmentValidation: true }],
  ])('packed wherever it can be: %s', async (_, count, options) => {
    const use = async (cluster: Cluster) => {
      for (let i = 0; i < count; i++) cluster.node({ name: `n${i}`, data: digits.data });
      expect(await cluster.bits()).toEqual(await digits.baseline(options));
      expect(new Set(told(cluster).map(([, form]) => form))).toEqual(new Set(['packed']));
      expect(told(cluster)).toHaveLength(count);
    };
    await withCluster({ ...digits.short, ...options, minWorkers: count }, use, patientWith(always));
  });

  test('never packed', async () => {
    const use = async (cluster: Cluster) => {
      for (const name of ['a', 'b']) cluster.node({ name, data: digits.data });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(told(cluster)).toEqual([]);
    };
    await withCluster({ ...digits.short, minWorkers: 2 }, use, patientWith(never));
  });

  test('packed for one node, and plain for one that comes later, until it is known', async () => {
    const use = async (cluster: Cluster) => {
      const come = cluster.log.told('workerJoined', 2);
      const a = cluster.node({ name: 'a', data: digits.data, beforeStep: ({ step }) => step > 20 && come });
      await cluster.log.told('parameterForm');
      const b = cluster.node({ name: 'b', data: digits.data });
      expect(await cluster.bits()).toEqual(await digits.baseline({ epochs: 4 }));
      expect(told(cluster)).toEqual([
        [1, 'packed'],
        [2, 'packed'],
      ]);
      expect([a, b].map(({ steps }) => steps.length > 6)).toEqual([true, true]);
    };
    await withCluster({ ...digits.short, epochs: 4 }, use, patientWith({ ...always, attempts: 6 }));
  });

  test('packed beside threads of the coordinator, which train alone in between', async () => {
    const use = async (cluster: Cluster) => {
      const a = cluster.node({ name: 'a', data: digits.data });
      await cluster.log.told('parameterForm');
      a.leave();
      await a.ended;
      cluster.node({ name: 'b', data: digits.data });
      expect(await cluster.bits()).toEqual(await digits.baseline({ epochs: 4 }));
    };
    await withCluster({ ...digits.short, epochs: 4, threads: 1, minWorkers: 2 }, use, patientWith(always));
  });
});

describe('a node that has not the parameters of the step before', () => {
  test('since it was late, is sent all of them', async () => {
    const use = async (cluster: Cluster) => {
      const names = ['a', 'b', 'c'];
      const nodes = names.map((name, i) => {
        const beforeStep = ({ step }: { step: number }) =>
          step % 5 === i && step < 30 ? cluster.committed(step) : undefined;
        return cluster.node({ name, data: digits.data, beforeStep });
      });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(cluster.log.of('workerLate').length).toBeGreaterThan(3);
      expect(cluster.log.evicted).toEqual([]);
      for (const { steps } of nodes) expect(steps.length).toBeGreaterThan(0);
    };
    const limits = { ...impatient.limits, link: always };
    await withCluster({ ...digits.short, minWorkers: 3 }, use, { limits });
  });

  test('since its connection broke, is a new worker, and begins with all of them', async () => {
    const use = async (cluster: Cluster) => {
      const proxy = await startProxy(cluster.url);
      onTestFinished(() => proxy.close());
      let cuts = 0;
      let back: Promise<unknown> | null = null;
      const beforeStep = ({ step }: { step: number }) => {
        if (step < 8 * (cuts + 1) || cuts === 3) return;
        cuts++;
        back = cluster.log.told('workerJoined', 2 + cuts);
        proxy.cut();
      };
      const a = cluster.node({ name: 'a', data: digits.data, beforeStep: () => back });
      const b = cluster.node({ name: 'b', url: proxy.url, data: digits.data, beforeStep });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(cuts).toBe(3);
      expect(cluster.log.evicted.map(({ eviction }) => eviction)).toEqual(new Array(3).fill('connection_lost'));
      for (const { steps } of [a, b]) expect(steps.length).toBeGreaterThan(0);
    };
    await withCluster({ ...digits.short, minWorkers: 2 }, use, patientWith(always));
  });
});

describe('a slow link', () => {
  test('has its parameters packed, and another has not', async () => {
    const few = { maxSteps: 30 };
    const use = async (cluster: Cluster) => {
      // a twentieth of a second for what a step sends it
      const proxy = await startProxy(cluster.url, 1_500_000);
      onTestFinished(() => proxy.close());
      cluster.node({ name: 'fast', data: digits.data });
      await cluster.log.told('workerJoined');
      cluster.node({ name: 'slow', url: proxy.url, data: digits.data });
      expect(await cluster.bits()).toEqual(await digits.baseline(few));
      expect(told(cluster)).toEqual([[2, 'packed']]);
      // both ways at once
      expect(cluster.log.of('parameterForm')[0]!.bytesPerSecond).toBeLessThan(2 * 1_500_000);
    };
    // far below what any machine passes within itself
    const link = { packUpTo: 4_000_000, plainAbove: 8_000_000, attempts: 10 };
    await withCluster({ ...digits.short, ...few, minWorkers: 2 }, use, patientWith(link));
  });
});
