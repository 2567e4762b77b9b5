// Nodes that come and go in the middle of a run, by will or by accident: not a bit of difference.

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ThreadPool } from '../../src/host/thread-pool.ts';
import type { NodeWiring } from '../../worker/node/node-wiring.ts';
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
      await cluster.log.told('workerJoined', 1, ({ name }) => name === 'b');
      joined.open();
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(b.steps.length).toBeGreaterThan(0);
      expect(Math.min(...b.steps)).toBeGreaterThanOrEqual(20);
    });
  });

  test('a node joins a run of threads alone, and leaves it', async () => {
    // long enough for somebody to come
    const options = { threads: 1, epochs: 60 };
    await withCluster({ ...digits.short, ...options }, async (cluster) => {
      await cluster.log.told('epoch');
      const b = cluster.node({ name: 'b', data: digits.data, beforeStep: onceFrom(0, () => b.leave()) });
      expect(await cluster.bits()).toEqual(await digits.baseline(options));
      expect(b.steps.length).toBeGreaterThan(0);
      expect(Math.min(...b.steps)).toBeGreaterThanOrEqual(22);
    });
  });

  test('a node leaves in step 30: it answers that step, says goodbye, and ends with 130', async () => {
    const use = async (cluster: Cluster) => {
      const leave = onceFrom(30, () => b.leave());
      cluster.node({ name: 'a', data: digits.data });
      const b = cluster.node({ name: 'b', data: digits.data, beforeStep: leave });
      expect((await b.ended).error).toMatchObject({ exitCode: 130 });
      expect(await cluster.log.told('workerLost')).toMatchObject({ name: 'b', eviction: null });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(b.steps.at(-1)).toBe(leave.step);
      expect(leave.step).toBeGreaterThanOrEqual(30);
      expect(cluster.log.of('shardsReassigned')).toEqual([]);
    };
    await withCluster({ ...digits.short, minWorkers: 2 }, use, patient);
  });

  test('all leave; the run pauses, says so, and goes on when one comes', async () => {
    await withCluster({ ...digits.short, minWorkers: 2 }, async (cluster) => {
      const beforeStep = ({ step }: { step: number }) => {
        if (step === 10) for (const node of nodes) node.leave();
      };
      const nodes = ['a', 'b'].map((name) => cluster.node({ name, data: digits.data, beforeStep }));
      await cluster.log.told('runPaused');
      await Promise.all(nodes.map(({ ended }) => ended));
      const c = cluster.node({ name: 'c', data: digits.data });
      await cluster.log.told('runGoesOn');
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(
        cluster.log
          .of('workerJoined')
          .map(({ name }) => name)
          .at(-1),
      ).toBe('c');
      // a step that crossed the goodbyes was answered as well
      expect([11, 12]).toContain(c.steps[0]);
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
    const use = async (cluster: Cluster) => {
      const { proxy, url } = await proxied(cluster);
      const back = cluster.log.told('workerJoined', 3);
      const cut = onceFrom(15, () => proxy.cut());
      cluster.node({ name: 'a', data: digits.data, beforeStep: onceFrom(30, () => back) });
      const b = cluster.node({ url, name: 'b', data: digits.data, beforeStep: cut });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(cluster.log.evicted).toMatchObject([{ workerId: 2, name: 'b', eviction: 'connection_lost' }]);
      expect(await back).toMatchObject({ workerId: 3, name: 'b' });
      const again = cluster.log.of('shardsReassigned').filter(({ step }) => step === cut.step);
      expect(again).toMatchObject([{ from: [2], to: 1, split: null }]);
      expect(b.log.count(/not connected: code 1006/)).toBe(1);
      expect((await b.ended).result).toMatchObject({ joined: 2, reason: 'the run is over' });
    };
    await withCluster({ ...digits.short, minWorkers: 2 }, use, patient);
  });

  test('the only node is lost in the middle of a step: the run pauses until it is back', async () => {
    await withCluster(digits.short, async (cluster) => {
      const { proxy, url } = await proxied(cluster);
      const cut = onceFrom(9, () => proxy.cut());
      const a = cluster.node({ url, name: 'a', data: digits.data, beforeStep: cut });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(cluster.log.of('runPaused')).toHaveLength(1);
      expect(cluster.log.evicted).toMatchObject([{ workerId: 1, eviction: 'connection_lost' }]);
      expect(cluster.log.of('runGoesOn')).toHaveLength(1);
      expect(cluster.log.of('workerJoined').map(({ workerId }) => workerId)).toEqual([1, 2]);
      // step 9 was begun twice
      expect(a.steps.filter((step) => step === 9)).toHaveLength(2);
    });
  });

  test('a node that comes back computes in the memory that it had', async () => {
    await withCluster(digits.short, async (cluster) => {
      const { proxy, url } = await proxied(cluster);
      const memories: WebAssembly.Memory[] = [];
      const startPool: NodeWiring['startPool'] = (memory, options) => {
        memories.push(memory.wasmMemory);
        return new ThreadPool(memory, options);
      };
      const node = cluster.node({ url, name: 'a', data: digits.data, wiring: { startPool } });
      for (const step of [9, 21]) {
        await cluster.committed(step);
        proxy.cut();
        await cluster.log.told('runGoesOn', memories.length);
      }
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect((await node.ended).result).toMatchObject({ joined: 3 });
      expect(memories).toHaveLength(3);
      expect(new Set(memories).size).toBe(1);
    });
  });

  test.each(['validation', 'test'] as const)('a node dies in the evaluation of the %s split', async (split) => {
    const use = async (cluster: Cluster) => {
      // whoever is the first to be given any of it
      let cuts = 0;
      for (const name of ['a', 'b']) {
        const { proxy, url } = await proxied(cluster);
        const beforeParts = (asked: string) => {
          if (asked === split && cuts++ === 0) proxy.cut();
        };
        cluster.node({ url, name, data: digits.data, beforeParts });
      }
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(cluster.log.evicted).toMatchObject([{ eviction: 'connection_lost' }]);
      const lost = cluster.log.evicted[0]!.workerId;
      const again = cluster.log.of('shardsReassigned').filter((given) => given.split === split);
      expect(again.filter(({ from }) => from.includes(lost)).length).toBeGreaterThan(0);
    };
    await withCluster({ ...digits.short, minWorkers: 2 }, use, patient);
  });

  test('a silent node is evicted, and joins again as a new worker', async () => {
    const use = async (cluster: Cluster) => {
      const { proxy, url } = await proxied(cluster);
      const freeze = onceFrom(15, () => proxy.freeze());
      const back = cluster.log.told('workerJoined', 3);
      cluster.node({ name: 'a', data: digits.data, beforeStep: onceFrom(25, () => back) });
      cluster.node({ url, name: 'b', data: digits.data, beforeStep: freeze });
      expect(await cluster.log.told('workerLost')).toMatchObject({ workerId: 2, eviction: 'heartbeat_timeout' });
      proxy.thaw();
      expect(await cluster.bits()).toEqual(await digits.baseline());
    };
    await withCluster({ ...digits.short, minWorkers: 2, heartbeatTimeout: 1 }, use, patient);
  });
});

describe('a straggler', () => {
  test('that is late has its work given to another; its answer is received and dropped, and it goes on', async () => {
    const use = async (cluster: Cluster) => {
      // it holds its answer until the step is committed without it, and the other waits for that answer
      const late = onceFrom(12, ({ step }) => cluster.committed(step));
      const dropped = cluster.log.told('workerLate', 1, ({ workerId, step }) => workerId === 1 && step >= 12);
      const a = cluster.node({ name: 'a', data: digits.data, beforeStep: late });
      cluster.node({ name: 'b', data: digits.data, beforeStep: onceFrom(20, () => dropped) });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      await dropped;
      const again = cluster.log
        .of('shardsReassigned')
        .filter(({ step, split }) => step === late.step && split === null);
      expect(again.filter(({ from, to }) => from.includes(1) && to === 2).length).toBeGreaterThan(0);
      expect(cluster.log.evicted).toEqual([]);
      expect(a.steps.filter((step) => step > 20).length).toBeGreaterThan(0);
    };
    await withCluster({ ...digits.short, minWorkers: 2 }, use, impatient);
  });

  test('in an evaluation: the same', async () => {
    const use = async (cluster: Cluster) => {
      // whoever is the first to be given parts holds them until they were given to the other, and an epoch is on its way
      let held = 0;
      const beforeParts = () => (held++ === 0 ? cluster.committed(25) : undefined);
      for (const name of ['a', 'b']) cluster.node({ name, data: digits.data, beforeParts });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      const again = cluster.log.of('shardsReassigned').filter(({ split }) => split === 'validation');
      expect(again.length).toBeGreaterThan(0);
      expect(cluster.log.evicted).toEqual([]);
    };
    await withCluster({ ...digits.short, minWorkers: 2 }, use, impatient);
  });

  test('only in its first attempt is given work like the others from then on', async () => {
    const use = async (cluster: Cluster) => {
      const slow = onceFrom(0, () => delay(300));
      cluster.node({ name: 'a', data: digits.data });
      const b = cluster.node({ name: 'b', data: digits.data, beforeStep: slow });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(slow.step).toBe(0);
      // its later attempts are measured, and may be slow on a busy machine
      expect(b.steps.slice(0, 2)).toEqual([0, 1]);
    };
    await withCluster({ ...digits.short, minWorkers: 2 }, use, patient);
  });

  test('that is the only worker is waited for', async () => {
    const use = async (cluster: Cluster) => {
      // the fault: a hundred times as slow as what is late
      const slow = onceFrom(12, () => delay(100));
      cluster.node({ name: 'a', data: digits.data, beforeStep: slow });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(slow.step).toBe(12);
      expect(cluster.log.of('shardsReassigned')).toEqual([]);
      expect(cluster.log.evicted).toEqual([]);
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
      expect(cluster.log.of('workerLate').length).toBeGreaterThan(5);
    };
    await withCluster({ ...digits.short, minWorkers: 3 }, use, impatient);
  });
});

async function proxied(cluster: Cluster) {
  const proxy = await startProxy(cluster.url);
  onTestFinished(() => proxy.close());
  return { proxy, url: proxy.url };
}

/** Does something once, before the first step from `from` on that this node is given; that step is `step` then. */
function onceFrom(from: number, act: (address: { step: number }) => unknown) {
  const beforeStep = (address: { step: number }) => {
    if (beforeStep.step !== null || address.step < from) return;
    beforeStep.step = address.step;
    return act(address);
  };
  beforeStep.step = null as number | null;
  return beforeStep;
}
