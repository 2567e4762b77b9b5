// Threads that die in the middle of their work, and leave garbage where they wrote: their work is redone, to the bit.

import type { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { FaultPoint } from '../../worker/thread/compute-loop.ts';
import type { Fault } from '../../worker/thread/faults.ts';
import { makeDigits } from '../support/digits.ts';
import { bitsOf, traced } from '../support/train.ts';

const digits = await makeDigits(3000, 1100);
afterAll(() => digits.remove());

const short = { ...digits.short, hidden: [128, 64], batchSize: 128, limitTrain: 2000 };

async function expectSurvived(threads: number, faults: readonly Fault[], options = short) {
  const found = await traced({ ...options, threads }, { faults });
  expect(found.threadsLost).toBe(faults.length);
  expect(bitsOf(found)).toEqual(await digits.baseline(options));
}

describe('a thread dies', () => {
  test.each<FaultPoint>(['compute', 'reduce', 'adam'])('in %s', async (point) => {
    await expectSurvived(2, [{ step: 5, point }]);
  });

  test.each<FaultPoint>(['compute', 'reduce', 'adam'])('in %s, where steps are cut into blocks', async (point) => {
    await expectSurvived(2, [{ step: 5, point }], { ...short, batchSize: 512 });
  });

  test('and it was the only one', async () => {
    await expectSurvived(1, [{ step: 3, point: 'adam' }]);
  });

  test('again and again, at different points', async () => {
    await expectSurvived(3, [
      { step: 2, point: 'compute' },
      { step: 9, point: 'reduce' },
      { step: 17, point: 'adam' },
    ]);
  });
});

describe('threads die while they start', () => {
  // those that replace others too: the first ones, then some of their replacements
  test.each([1, 2])('%d threads', async (threads) => {
    let left = 2 * threads + 2;
    const end = (worker: Worker) => {
      if (left-- > 0) void worker.terminate();
    };
    process.on('worker', end);
    onTestFinished(() => void process.off('worker', end));
    const found = await traced({ ...short, threads });
    expect(left).toBeLessThanOrEqual(0);
    expect(found.threadsLost).toBeGreaterThan(0);
    expect(bitsOf(found)).toEqual(await digits.baseline(short));
  });
});

test('threads that can not start end the run, and say so', async () => {
  const broken = new URL('../support/dying-thread.mjs', import.meta.url).href;
  await expect(traced({ ...short, threads: 2 }, { threadFile: broken })).rejects.toMatchObject({
    what: 'Worker threads keep dying',
    exitCode: 1,
  });
});

test.each([128, 512])('a gradient that is not finite ends the run with its step named, batch %d', async (batchSize) => {
  const faults: Fault[] = [{ step: 7, point: 'computed' }];
  await expect(traced({ ...short, batchSize, threads: 2 }, { faults })).rejects.toMatchObject({
    what: 'The gradient of step 7 is not finite',
    exitCode: 1,
  });
});
