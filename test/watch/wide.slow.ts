// Whoever watches a run sees which of its workers have wide vectors, and how often narrow code did a task again. On any machine:
// what compares knows not whether kernels are wide.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { wiring } from '../../src/library.ts';
import { NodeCounts } from '../../worker/node/node-counts.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { startNode } from '../support/nodes.ts';
import { firstView, longRun, textOf, valueIn } from '../support/watching.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

const narrow = wiring.sharedKernels();
const same = { module: narrow, narrow };
const wideKernels = () => same;

test.each([0, 2])('a run with wide vectors and %i threads', async (threads) => {
  const run = longRun(digits, { threads, wide: true }, { wideKernels });
  const url = await run.url;
  await run.log.told('epoch');
  const text = await textOf(`${url}metrics`);
  expect(text).toMatch(/^lockstep_run_info\{.*engine="wasm",wide="true",.*\} 1$/m);
  for (let worker = 0; worker < threads; worker++) {
    expect(valueIn(text, `lockstep_worker_info{worker="${worker}",transport="thread",wide="true"}`)).toBe(1);
  }
  // the first task of each kind is among those that are done again
  expect(valueIn(text, 'lockstep_wide_checks_total')).toBeGreaterThanOrEqual(3);
  const { run: told, workers } = await firstView(url);
  expect([told.wide, ...workers.map(({ wide }: { wide: boolean }) => wide)]).not.toContain(false);
});

test('one without', async () => {
  const run = longRun(digits, { wide: false });
  const url = await run.url;
  await run.log.told('epoch');
  const text = await textOf(`${url}metrics`);
  expect(text).toMatch(/^lockstep_run_info\{.*engine="wasm",wide="false",.*\} 1$/m);
  expect(valueIn(text, 'lockstep_worker_info{worker="0",transport="thread",wide="false"}')).toBe(1);
  expect(valueIn(text, 'lockstep_wide_checks_total')).toBe(0);
  expect((await firstView(url)).run.wide).toBe(false);
});

test('a node with wide vectors beside threads without', async () => {
  const run = longRun(digits, { threads: 1, wide: false, listen: '127.0.0.1:0' });
  const { url } = await run.log.told('listening');
  const counts = new NodeCounts();
  const node = startNode(url, { name: 'a', data: digits.data, realThreads: true, wiring: { wide: same }, counts });
  const joined = await run.log.told('workerJoined', 1, ({ name }) => name === 'a');
  expect(joined.wide).toBe(true);
  await node.log.seen(/joined run .* with 1 thread and wide vectors/);
  // until it has answered
  await expect.poll(() => counts.now().wideChecks, { timeout: 30_000 }).toBeGreaterThan(0);
  const text = await textOf(`${await run.url}metrics`);
  expect(valueIn(text, 'lockstep_worker_info{worker="0",transport="thread",wide="false"}')).toBe(1);
  expect(valueIn(text, 'lockstep_worker_info{worker="1",transport="websocket",wide="true"}')).toBe(1);
  const { workers } = await firstView(await run.url);
  expect(workers.map(({ wide }: { wide: boolean }) => wide)).toEqual([false, true]);
  run.stop();
  await node.ended;
});
