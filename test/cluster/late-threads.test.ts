// The coordinator's own threads as stragglers: what they write late may not get into what comes next.

import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noStatus } from '../../coordinator/executors/worker-status.ts';
import { makeExecutor } from '../../coordinator/training/make-executor.ts';
import type { Engine } from '../../src/engine.ts';
import { ExitCode } from '../../src/errors.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { type Local, startListening } from '../support/listening.ts';
import { startNode } from '../support/nodes.ts';
import { prepareRun } from '../support/prepared-run.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

test('late parts of one evaluation are not taken for those of the next', async () => {
  const baseline = prepareRun({ ...digits.short, threads: 0 }, digits.data);
  const single = await makeExecutor(baseline.parts);
  let running = 0;
  let late = 0;
  const makeLocal = (engine: Engine): Local => ({
    capacity: 1,
    compute: async () => undefined,
    train: async ({ from }) => from,
    evaluate: () => Promise.reject(new Error('not used')),
    async evaluateParts(split, step, epoch, first, end) {
      running++;
      if (split === 'validation') {
        // until the node has computed all of it, and its answer has had its way
        await node.log.seen(/all of validation/);
        for (let turn = 0; turn < 50; turn++) await setImmediate();
        late++;
      }
      for (let chunk = first; chunk < end; chunk++) engine.evaluatePart(split, chunk, step, epoch);
      running--;
    },
    status: () => noStatus,
    close: async () => undefined,
  });
  const { url, begun } = await startListening(digits, 2, 1, makeLocal);
  const node = startNode(url, {
    data: digits.data,
    afterParts: () => {
      if (node.parts.validation === 3) node.log.add('all of validation');
    },
  });
  const cluster = await begun;
  const validation = await cluster.evaluate('validation', 0, 0);
  expect(running).toBe(0);
  expect(late).toBe(1);
  expect(validation).toEqual(await single.evaluate('validation', 0, 0));
  expect(await cluster.evaluate('test', 0, 0)).toEqual(await single.evaluate('test', 0, 0));
  expect(cluster.status().counts.reassignedShards).toBeGreaterThan(0);
  await cluster.close(ExitCode.done);
  await node.ended;
});
