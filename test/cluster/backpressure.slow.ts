// Who is sent a lot and does not take it: memory stays bounded, the connection is closed, and the run goes on.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { patient, withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { gate } from '../support/events.ts';
import { mnistData } from '../support/golden.ts';
import { heldMegabytes } from '../support/memory.ts';
import { RawNode } from '../support/raw-node.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits(300, 20);
});
afterAll(() => digits.remove());

// all of MNIST: 52 MiB do not fit into what the kernel buffers
const whole = { data: null, limitTrain: 640, maxSteps: 12, epochs: 2 };

test('ready before the last piece of the dataset is out of order', async () => {
  await withCluster({ ...digits.short, ...whole }, async (cluster) => {
    const node = await RawNode.open(cluster.url);
    await node.greet();
    node.say({ type: 'need-data' });
    node.say({ type: 'ready' });
    expect(await node.closedBy()).toBe('4034 outOfOrder');
    cluster.node({ name: 'good', data: await mnistData() });
    expect(await cluster.bits()).toEqual(await digits.baseline(whole));
  });
});

test('a node that asks for the dataset and does not read is closed with 4012; little is kept for it', async () => {
  await withCluster(
    { ...digits.short, ...whole, heartbeatTimeout: 1 },
    async (cluster) => {
      const closed = gate();
      const hold = ({ step }: { step: number }) => (step === 3 ? closed.promise : undefined);
      cluster.node({ name: 'good', data: await mnistData(), beforeStep: hold });
      await cluster.committed(2);
      const before = await heldMegabytes();
      const nodes = await Promise.all(
        Array.from({ length: 8 }, async (_, i) => {
          const node = await RawNode.open(cluster.url);
          await node.greet({ name: `deaf ${i}` });
          node.say({ type: 'need-data' });
          node.socket.pause();
          // it lives, as its heartbeats show; it only does not read
          const alive = setInterval(() => node.say({ type: 'heartbeat' }), 200);
          return { node, alive };
        }),
      );
      const deafLeft = (nth: number) =>
        cluster.log.told('workerLost', nth, ({ eviction }) => eviction === 'not_reading');
      expect((await deafLeft(1)).name).toMatch(/^deaf \d$/);
      // of the dataset no copy, and a megabyte or two for each of them
      const held = (await heldMegabytes()) - before;
      expect(held).toBeLessThan(8 * 3);
      await deafLeft(8);
      for (const { node, alive } of nodes) {
        clearInterval(alive);
        node.socket.terminate();
      }
      closed.open();
      expect(await cluster.bits()).toEqual(await digits.baseline(whole));
    },
    patient,
  );
});
