// Nodes that claim a thousand threads and never answer: no step waits for one, since nobody is believed before it was measured.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cluster, patient, withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { RawNode } from '../support/raw-node.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

/** From these steps on. */
const JOINS = [5, 9, 13, 17];

// Patience with a late answer is a minute: who waits for a stranger once does not end in time.
test.each([
  [1, 0],
  [2, 0],
  [1, 2],
])('join, one after the other, beside %d nodes and %d threads', async (nodes, threads) => {
  const use = async (cluster: Cluster) => {
    const strangers: RawNode[] = [];
    const given: number[] = [];
    const greeted: Promise<unknown>[] = [];
    const join = async () => {
      const stranger = await RawNode.open(cluster.url);
      strangers.push(stranger);
      await stranger.greet({ threads: 1024, name: 'stranger' });
      void stranger.work().then(
        ({ blocks }) => given.push(blocks.reduce((sum, { level }) => sum + 2 ** level, 0)),
        () => undefined,
      );
    };
    const beforeStep = async ({ step }: { step: number }) => {
      // any node will do: how a step is divided is open
      if (step >= (JOINS[greeted.length] ?? Infinity)) greeted.push(join());
      // all are there before the run is over
      if (step >= 40) await Promise.all(greeted);
    };
    for (let i = 0; i < nodes; i++) {
      cluster.node({ name: `good ${i}`, data: digits.data, beforeStep });
    }
    expect(await cluster.bits()).toEqual(await digits.baseline({ epochs: 6 }));
    expect(greeted).toHaveLength(JOINS.length);
    expect(new Set(given)).toEqual(new Set([1]));
    for (const { socket } of strangers) socket.terminate();
  };
  await withCluster({ ...digits.short, epochs: 6, threads, minWorkers: nodes + threads }, use, patient);
});
