// Nodes that come and go in the middle of a run, by will or by accident: not a bit of difference.

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Cluster, impatient, patient, withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { gate } from '../support/events.ts';
import { startProxy } from '../support/proxy.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

describe('by will', () => {
  test('a node joins at step 20', async () => {
    await withCluster(digits.short, async (cluster) => {
      const joined = gate();
      const reached = gate();
      const beforeStep = ({ step }: { step: number }) => {
        if (step < 20) return;
        reached.open();
        return joined.promise;
      };
      cluster.node({ name: 'a', data: digits.data, beforeStep });
      await reached.promise;
      const b = cluster.node({ name: 'b', data: digits.data });
      await cluster.log.seen(/worker 2 joined: b/);
      joined.open();
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(b.steps.length).toBeGreaterThan(0);
      expect(Math.min(...b.steps)).toBeGreaterThanOrEqual(20);
    });
  });

  test('a node joins a run of threads alone', async () => {
    // long enough for somebody to come
    const options = { threads: 1, epochs: 25 };
    await withCluster({ ...digits.short, ...options }, async (cluster) => {
      await cluster.log.seen(/progress/);
      const b = cluster.node({ name: 'b', data: digits.data });
      expect(await cluster.bits()).toEqual(await digits.baseline(options));
      expect(b.steps.length).toBeGreaterThan(0);
      expect(Math.min(...b.steps)).toBeGreaterThan(0);
    });
  });

  test('a node leaves in step 30: it answers that step, says goodbye, and ends with 130', async () => {
    const use = async (cluster: Cluster) => {
      const beforeStep = ({ step }: { step: number }) => {
        if (step >= 30) b.leave();
      };
      cluster.node({ name: 'a', data: digits.data });
      const b = cluster.node({ name: 'b', data: digits.data, beforeStep });
      expect((await b.ended).error).toMatchObject({ exitCode: 130 });
      await cluster.log.seen(/\(b\) left: closed with 4001/);
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(b.steps.at(-1)).toBe(30);
      expect(cluster.log.count(/shards? to worker/)).toBe(0);
    };
    await withCluster({ ...digits.short, minWorkers: 2 }, use, patient);
  });

  test('all leave; the run pauses, says so, and goes on when one comes', async () => {
    await withCluster({ ...digits.short, minWorkers: 2 }, async (cluster) => {
      const beforeStep = ({ step }: { step: number }) => {
        if (step === 10) for (const node of nodes) node.leave();
      };
      const nodes = ['a', 'b'].map((name) => cluster.node({ name, data: digits.data, beforeStep }));
      await cluster.log.seen(/warning: The run pauses: no worker is left/);
      await Promise.all(nodes.map(({ ended }) => ended));
      const c = cluster.node({ name: 'c', data: digits.data });
      await cluster.log.seen(/info: The run goes on: worker 3 is ready/);
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(c.steps[0]).toBe(11);
      expect(c.steps.at(-1)).toBe(43);
    });
  });

  test('a node that leaves while it is sent the data is let go, and nobody minds', async () => {
    await withCluster({ ...digits.short, minWorkers: 2 }, async (cluster) => {
      const a = cluster.node({ name: 'a', data: null });
      await a.log.seen(/receiving the dataset/);
      a.leave();
      expect((await a.ended).error).toMatchObject({ exitCode: 130 });
      for (const name of ['b', 'c']) cluster.node({ name, data: digits.data });
      expect(await cluster.bits()).toEqual(await digits.baseline());
    });
  });
});

describe('by accident', () => {
  test('a connection breaks in the middle of a step; the node comes back as another worker', async () => {
    await withCluster({ ...digits.short, minWorkers: 2 }, async (cluster) => {
      const { proxy, url } = await proxied(cluster);
      const back = cluster.log.seen(/worker 3 joined: b/);
      const cutOnce = once(() => proxy.cut());
      cluster.node({ name: 'a', data: digits.data, beforeStep: at(30, () => back) });
      const b = cluster.node({ url, name: 'b', data: digits.data, beforeStep: at(15, cutOnce) });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(cluster.log.count(/worker 2 \(b\) left: the connection was lost/)).toBe(1);
      expect(cluster.log.count(/step 15: \d shards? to worker 1: worker 2 was lost/)).toBe(1);
      expect(b.log.count(/not connected: code 1006/)).toBe(1);
      expect(b.steps).toContain(15);
      expect((await b.ended).result).toMatchObject({ joined: 2, reason: 'the run is over' });
    });
  });

  test('the only node is lost in the middle of a step: the run pauses until it is back', async () => {
    await withCluster(digits.short, async (cluster) => {
      const { proxy, url } = await proxied(cluster);
      const cutOnce = once(() => proxy.cut());
      const a = cluster.node({ url, name: 'a', data: digits.data, beforeStep: at(9, cutOnce) });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(cluster.log.count(/The run pauses: no worker is left; worker 1 is gone: the connection was lost/)).toBe(1);
      expect(cluster.log.count(/The run goes on: worker 2 is ready/)).toBe(1);
      // step 9 was begun twice
      expect(a.steps.filter((step) => step === 9)).toHaveLength(2);
    });
  });

  test.each(['validation', 'test'] as const)('a node dies in the evaluation of the %s split', async (split) => {
    await withCluster({ ...digits.short, minWorkers: 2 }, async (cluster) => {
      const { proxy, url } = await proxied(cluster);
      const cutOnce = once(() => proxy.cut());
      cluster.node({ name: 'a', data: digits.data });
      const beforeParts = (name: string) => (name === split ? cutOnce() : undefined);
      cluster.node({ url, name: 'b', data: digits.data, beforeParts });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      const again = new RegExp(`the evaluation of the ${split} split: \\d shards? to worker 1: worker 2 was lost`);
      expect(cluster.log.count(again)).toBe(1);
    });
  });

  test('a silent node is evicted, and joins again as a new worker', async () => {
    await withCluster({ ...digits.short, minWorkers: 2, heartbeatTimeout: 1 }, async (cluster) => {
      const { proxy, url } = await proxied(cluster);
      const freezeOnce = once(() => proxy.freeze());
      const back = cluster.log.seen(/worker 3 joined: b/);
      cluster.node({ name: 'a', data: digits.data, beforeStep: at(25, () => back) });
      cluster.node({ url, name: 'b', data: digits.data, beforeStep: at(15, freezeOnce) });
      await cluster.log.seen(/worker 2 \(b\) left: heartbeatTimeout: silent for \d+ ms, allowed are 1000/);
      proxy.thaw();
      expect(await cluster.bits()).toEqual(await digits.baseline());
    });
  });
});

describe('a straggler', () => {
  test('that is late has its work given to another; its answer is received and dropped, and it goes on', async () => {
    const use = async (cluster: Cluster) => {
      const dropped = cluster.log.seen(/a late tree node of step 12 from worker 1 was dropped/);
      // it holds its answer until the step is committed without it, and the other waits in step 20 for that answer
      const a = cluster.node({ name: 'a', data: digits.data, beforeStep: at(12, () => cluster.committed(12)) });
      cluster.node({ name: 'b', data: digits.data, beforeStep: at(20, () => dropped) });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      await dropped;
      expect(cluster.log.count(/step 12: \d shards? to worker 2: late from worker 1/)).toBeGreaterThan(0);
      expect(cluster.log.count(/left: (?!runOver)/)).toBe(0);
      expect(a.steps.filter((step) => step > 20).length).toBeGreaterThan(0);
    };
    await withCluster({ ...digits.short, minWorkers: 2 }, use, impatient);
  });

  test('in an evaluation: the same', async () => {
    const use = async (cluster: Cluster) => {
      const given = /the evaluation of the validation split: \d shards? to worker 2: late from worker 1/;
      // it holds its parts until they were given to the other and the next epoch is on its way
      const hold = once(() => cluster.committed(25));
      cluster.node({ name: 'a', data: digits.data, beforeParts: hold });
      cluster.node({ name: 'b', data: digits.data });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(cluster.log.count(given)).toBe(1);
    };
    await withCluster({ ...digits.short, minWorkers: 2 }, use, impatient);
  });

  test('that is the only worker is waited for', async () => {
    const use = async (cluster: Cluster) => {
      // the fault: a hundred times as slow as what is late
      const slow = once(() => delay(100));
      cluster.node({ name: 'a', data: digits.data, beforeStep: at(12, slow) });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(slow.times).toBe(1);
      expect(cluster.log.count(/shards? to worker/)).toBe(0);
      expect(cluster.log.count(/left: (?!runOver)/)).toBe(0);
    };
    const limits = { step: { lateFactor: 0.1, lateFloorMs: 1, unmeasuredMs: 1 } };
    await withCluster(digits.short, use, { limits });
  });

  test('every node by turns', async () => {
    const use = async (cluster: Cluster) => {
      // node i is late in the steps i, i + 3, ...: until the step is committed without it
      const names = ['a', 'b', 'c'];
      names.forEach((name, i) => {
        const beforeStep = ({ step }: { step: number }) =>
          step % 3 === i && step < 30 ? cluster.committed(step) : undefined;
        cluster.node({ name, data: digits.data, beforeStep });
      });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(cluster.log.count(/a late tree node of step \d+ from worker \d was dropped/)).toBeGreaterThan(5);
    };
    await withCluster({ ...digits.short, minWorkers: 3 }, use, impatient);
  });
});

async function proxied(cluster: Cluster) {
  const proxy = await startProxy(cluster.url);
  onTestFinished(() => proxy.close());
  return { proxy, url: proxy.url };
}

/** Does something before a given step is computed. */
function at(step: number, act: () => unknown) {
  return (address: { step: number }) => (address.step === step ? act() : undefined);
}

/** Does it the first time only. */
function once(act: () => unknown) {
  const doOnce = () => (doOnce.times++ === 0 ? act() : undefined);
  doOnce.times = 0;
  return doOnce;
}
