// Steps that are given up, answers that come too late, and threads that are gone for good while nobody waits for them: what
// comes after finds nothing of it.

import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { SocketExecutor } from '../../../coordinator/cluster/socket-executor.ts';
import { ShardSizes } from '../../../coordinator/executors/shard-sizes.ts';
import { noStatus } from '../../../coordinator/executors/worker-status.ts';
import { shardList } from '../../../coordinator/step/cover.ts';
import { makeExecutor } from '../../../coordinator/training/make-executor.ts';
import { ExitCode } from '../../../src/errors.ts';
import type { Evaluate } from '../../../src/wire/messages.ts';
import { type Digits, makeDigits } from '../../support/digits.ts';
import { type Local, startListening } from '../../support/listening.ts';
import { startNode } from '../../support/nodes.ts';
import { prepareRun } from '../../support/prepared-run.ts';
import { RawNode } from '../../support/raw-node.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

function membersOf(cluster: SocketExecutor): number {
  return cluster.status().workers.filter(({ state }) => state !== 'joining').length;
}

test('steps that are given up in a pause, with most of their tree nodes there, leave no slot taken', async () => {
  const { prepared, url, begun } = await startListening(digits, 8, 60_000, null);
  const { shards, batchSize } = prepared.parts.shape;
  let cluster: SocketExecutor | null = null;
  const opened: RawNode[] = [];
  onTestFinished(async () => {
    for (const { socket } of opened) socket.terminate();
    await cluster?.close(ExitCode.runFailed);
  });
  // more than there are slots for
  for (let time = 0; time < 4; time++) {
    const nodes = await Promise.all(Array.from({ length: 8 }, () => RawNode.open(url)));
    opened.push(...nodes);
    const [{ valueCount }] = (await Promise.all(nodes.map((node) => node.greet()))) as unknown as [
      { valueCount: number },
    ];
    for (const node of nodes) node.say({ type: 'ready' });
    cluster ??= await begun;
    while (membersOf(cluster) < nodes.length) await setImmediate();
    const training = cluster.train(prepared.range(0, 1, () => true));
    const given = await Promise.all(nodes.map((node) => node.take('step')));
    given.slice(1).forEach((message, i) => {
      const { attempt, blocks } = message as unknown as { attempt: number; blocks: { level: number; index: number }[] };
      for (const block of blocks) {
        const sampleCount = (batchSize / shards) * 2 ** block.level;
        const figures = { lossSum: 1, correctCount: 0, sampleCount, computeMs: 1, packed: false };
        const answer = { type: 'tree-node', epoch: 0, step: 0, attempt, ...block, ...figures } as const;
        nodes[i + 1]!.say({ ...answer, payload: new Uint8Array(4 * valueCount) });
      }
      nodes[i + 1]!.socket.close();
    });
    await Promise.all(nodes.slice(1).map((node) => node.closed));
    nodes[0]!.socket.terminate();
    expect(await training).toBe(0);
  }
  const node = startNode(url, { data: digits.data });
  await prepared.log.told('workerJoined', 1, ({ workerId }) => workerId === 33);
  expect(await cluster!.train(prepared.range(0, 1))).toBe(1);

  const single = prepareRun({ ...digits.short, threads: 0 }, digits.data);
  await (await makeExecutor(single.parts)).train(single.range(0, 1));
  expect(prepared.digest(1)).toBe(single.digest(1));
  node.leave();
  await node.ended;
});

test('a late answer to an evaluation is not taken for one to the same evaluation anew', async () => {
  const { prepared, url, begun } = await startListening(digits, 2, 1, null);
  const late = await RawNode.open(url);
  await late.greet();
  late.say({ type: 'ready' });
  let evaluations = 0;
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const node = startNode(url, { data: digits.data, beforeParts: () => (evaluations > 1 ? released : undefined) });
  const cluster = await begun;
  onTestFinished(async () => {
    release();
    late.socket.terminate();
    node.leave();
    await cluster.close(ExitCode.runFailed);
    await node.ended;
  });
  const evaluate = () => {
    evaluations++;
    return cluster.evaluate('validation', 0, 0);
  };
  const sums = await evaluate();
  const anew = evaluate();
  const { attempt, blocks } = (await late.take('evaluate')) as unknown as Evaluate;
  const sizes = new ShardSizes(prepared.parts.shape);
  const parts = blocks.flatMap(shardList).map((part) => {
    return { part, lossSum: 1, correctCount: 0, sampleCount: sizes.part('validation', part) };
  });
  late.say({ type: 'evaluated', epoch: 0, step: 0, split: 'validation', attempt, computeMs: 1, parts });
  // it is idle now, and is given some of what the other keeps
  const next = (await late.take('evaluate')) as unknown as Evaluate;
  expect(next.attempt).not.toBe(attempt);
  release();
  expect(await anew).toEqual(sums);
});

test('threads that are gone for good between two steps end the run: it does not wait for them', async () => {
  let die = (_: Error): void => undefined;
  const local: Local = {
    capacity: 1,
    compute: () =>
      new Promise((_, reject) => {
        die = reject;
      }),
    train: () => Promise.reject(new Error('not used')),
    evaluate: () => Promise.reject(new Error('not used')),
    evaluateParts: () => Promise.reject(new Error('not used')),
    status: () => noStatus,
    close: async () => undefined,
  };
  const { prepared, url, begun } = await startListening(digits, 2, 1, () => local);
  const node = startNode(url, { data: digits.data });
  const cluster = await begun;
  onTestFinished(async () => {
    await cluster.close(ExitCode.runFailed);
    await node.ended;
  });
  // the node does the late threads' part as well
  expect(await cluster.train(prepared.range(0, 1))).toBe(1);
  die(new Error('all threads died'));
  await setImmediate();
  node.leave();
  await node.ended;
  while (cluster.status().workers.length > 0) await setImmediate();
  await expect(cluster.train(prepared.range(1, 2))).rejects.toThrow('all threads died');
});
