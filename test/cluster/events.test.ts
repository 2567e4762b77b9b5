// What a user of the library learns of a run's workers: as data, without reading a line.

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLog } from '../../coordinator/run-folder/run-log-file.ts';
import { shardList } from '../../coordinator/step/cover.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { type ClusterEvent, type TrainEvent, train } from '../../src/library.ts';
import { eventLine } from '../../src/run/event-text.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { gate } from '../support/events.ts';
import { startNode, type TestNode } from '../support/nodes.ts';
import { withFolder } from '../support/tiny-data.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

/** Trains with workers that come as soon as the run says where. */
async function trainWith(workers: (url: string) => TestNode[], options: Parameters<typeof train>[0] = {}) {
  const events: TrainEvent[] = [];
  const nodes: TestNode[] = [];
  const onEvent = (event: TrainEvent) => {
    events.push(event);
    if (event.type === 'listening') nodes.push(...workers(event.url));
  };
  const watching = { metricsPort: 0, metricsLinger: 0 };
  const listening = { ...digits.short, ...watching, threads: 0, listen: '127.0.0.1:0', minWorkers: 2 };
  try {
    const { digest } = await train({ ...listening, ...options }, { onEvent });
    return { digest, events };
  } finally {
    for (const node of nodes) node.leave();
    await Promise.all(nodes.map(({ ended }) => ended));
  }
}

function of<T extends TrainEvent['type']>(events: readonly TrainEvent[], type: T): Extract<TrainEvent, { type: T }>[] {
  return events.filter((event) => event.type === type) as Extract<TrainEvent, { type: T }>[];
}

/** Once: what it has computed is no number. */
function spoilOnce() {
  let spoiled = false;
  return (_: unknown, memory: RunMemory, slots: readonly number[]) => {
    if (spoiled) return;
    spoiled = true;
    memory.vector(memory.plan.slots[slots[0]!]!.vector)[7] = Number.NaN;
  };
}

test('where it listens, who joins, who is lost and why, and whose shards go to whom', async () => {
  await withFolder(async (folder) => {
    const out = join(folder, 'run');
    const workers = (url: string) => [
      startNode(url, { name: 'bad', threads: 2, data: digits.data, afterStep: spoilOnce() }),
      startNode(url, { name: 'good', data: digits.data }),
    ];
    const { digest, events } = await trainWith(workers, { out, report: false, minWorkers: 3 });
    expect(digest).toBe((await digits.baseline()).digest);

    const [listening] = of(events, 'listening');
    expect(listening).toMatchObject({ host: '127.0.0.1', port: expect.any(Number), tls: false, token: false });
    expect(listening!.url).toBe(`ws://127.0.0.1:${listening!.port}`);
    const [metrics] = of(events, 'metricsAt');
    expect(metrics).toEqual({
      type: 'metricsAt',
      url: `http://127.0.0.1:${metrics!.port}/`,
      host: '127.0.0.1',
      port: metrics!.port,
    });

    const joined = new Map(of(events, 'workerJoined').map((event) => [event.name, event]));
    const [bad, good] = [joined.get('bad')!, joined.get('good')!];
    expect(bad).toMatchObject({ threads: 2, address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) });
    expect(of(events, 'workerLost')).toEqual([
      {
        ...{ type: 'workerLost', workerId: bad.workerId, name: 'bad', eviction: 'non_finite' },
        reason: expect.stringMatching(/^nonFinite: not finite in shard/),
      },
      {
        type: 'workerLost',
        workerId: good.workerId,
        name: 'good',
        eviction: null,
        reason: expect.stringMatching(/^runOver/),
      },
    ]);
    const [first, ...others] = of(events, 'shardsReassigned').filter(({ from }) => from.includes(bad.workerId));
    expect(first).toMatchObject({ step: 0, split: null, to: good.workerId, from: [bad.workerId] });
    expect([first, ...others].reduce((sum, event) => sum + event!.shards, 0)).toBeGreaterThan(0);
    expect(first!.why).toContain(`from worker ${bad.workerId}`);
    expect(of(events, 'runWaiting')[0]).toMatchObject({ threads: 0, needed: 3 });
    // whose answers the weights are made of: each shard of each step once, and never the worker's that was evicted
    const computed = of(events, 'nodesComputed');
    expect(computed[0]!.step).toBe(0);
    for (const { nodes } of computed) {
      expect(nodes.flatMap((block) => shardList(block))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(nodes.map(({ workerId }) => workerId)).not.toContain(bad.workerId);
    }

    const [traffic] = of(events, 'traffic');
    expect(Math.min(traffic!.sentBytes, traffic!.receivedBytes)).toBeGreaterThan(0);

    // the same data lie in log.json, beside the words
    const { events: logged, computed: steps } = (await readLog(out)).processes[0]!;
    expect(steps!.map(({ from }) => from)).toEqual(computed.map(({ step }) => step));
    expect(steps![0]!.nodes).toBe(
      computed[0]!.nodes.map(({ level, index, workerId }) => `${level}/${index}:${workerId}`).join(' '),
    );
    const told = events.flatMap((event) => (eventLine(event) === null ? [] : [event]));
    expect(logged.map(({ message }) => message)).toEqual(told.map((event) => eventLine(event)!.text));
    expect(logged.map(({ event }) => event)).toEqual(
      told.map((event) => (event.type === 'info' || event.type === 'warning' ? undefined : event)),
    );
  });
});

test('a run that everybody leaves pauses, and goes on with the next', async () => {
  const second = gate<TestNode>();
  const events: ClusterEvent['type'][] = [];
  const nodes: TestNode[] = [];
  let url = '';
  const start = (name: string, leaveAt: number) => {
    const node: TestNode = startNode(url, {
      name,
      data: digits.data,
      beforeStep: ({ step }) => {
        if (step === leaveAt) node.leave();
      },
    });
    nodes.push(node);
    return node;
  };
  const { digest } = await train(
    { ...digits.short, metricsPort: 'off', threads: 0, listen: '127.0.0.1:0' },
    {
      onEvent: (event) => {
        if (event.type === 'listening') {
          url = event.url;
          start('first', 5);
        }
        if (event.type === 'runPaused') second.open(start('second', Number.POSITIVE_INFINITY));
        if (['workerJoined', 'workerLost', 'runPaused', 'runGoesOn'].includes(event.type)) {
          events.push(event.type as ClusterEvent['type']);
        }
      },
    },
  );
  await second.promise;
  await Promise.all(nodes.map(({ ended }) => ended));
  expect(digest).toBe((await digits.baseline()).digest);
  expect(events.filter((type) => type !== 'workerLost')).toEqual([
    'workerJoined',
    'runPaused',
    'workerJoined',
    'runGoesOn',
  ]);
  expect(events.filter((type) => type === 'workerLost')).toHaveLength(2);
});

test('more threads than shards', async () => {
  const events: TrainEvent[] = [];
  await train({ ...digits.short, threads: 3, shards: 2, maxSteps: 2 }, { onEvent: (event) => events.push(event) });
  expect(of(events, 'threadsIdle')).toEqual([{ type: 'threadsIdle', threads: 3, shards: 2 }]);
});
