// Threads that rest: some of them at a time and never all, whatever becomes of them, and to the same bits.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { makeExecutor, startThreads } from '../../../coordinator/training/make-executor.ts';
import { ExitCode } from '../../../src/errors.ts';
import { Word } from '../../../src/kernels/mailbox.ts';
import type { Fault, Hold } from '../../../worker/thread/faults.ts';
import { Rests } from '../../../worker/thread/rests.ts';
import { makeDigits } from '../../support/digits.ts';
import { type PreparedRun, prepareRun } from '../../support/prepared-run.ts';
import { bitsOf, traced } from '../../support/train.ts';

describe('a rest', () => {
  const words = () => new Int32Array(new SharedArrayBuffer(4 * 320));

  test('is taken only while another thread is here, awake, and left alone', () => {
    const shared = words();
    const [first, second] = [new Rests(shared, 0, 0, 2), new Rests(shared, 0, 1, 2)];
    const tries = (rests: Rests) => rests.take(1, () => true);
    first.calm();
    expect(tries(first)).toBe(false);
    second.calm();
    let ofTheOther: boolean | null = null;
    const whileResting = () => {
      ofTheOther = tries(second);
      return true;
    };
    expect(first.take(1, whileResting)).toBe(true);
    expect(ofTheOther).toBe(false);
    // both wanted to rest by now: nobody is left alone
    expect([tries(first), tries(second)]).toEqual([false, false]);
    second.calm();
    expect(tries(first)).toBe(true);
  });

  test('is not taken by a second thread once the first looks whether others are awake', () => {
    const shared = words();
    const [first, second] = [new Rests(shared, 0, 0, 2), new Rests(shared, 0, 1, 2)];
    first.calm();
    second.calm();
    let ofTheOther: boolean | null = null;
    const { load } = Atomics;
    const look = (array: Int32Array, index: number): number => {
      if (index === Word.presence + 1 && ofTheOther === null) {
        ofTheOther = true;
        ofTheOther = second.take(1, () => true);
      }
      return load(array, index);
    };
    const spy = vi.spyOn(Atomics, 'load').mockImplementation(look as unknown as typeof load);
    onTestFinished(() => spy.mockRestore());
    first.take(1, () => true);
    expect(ofTheOther).toBe(false);
  });

  test('is not begun after the job is over', () => {
    const shared = words();
    const [first, second] = [new Rests(shared, 0, 0, 2), new Rests(shared, 0, 1, 2)];
    first.calm();
    second.calm();
    // it would last for ever
    expect(first.take(Number.POSITIVE_INFINITY, () => true)).toBe(true);
    // nor after it was told to end, between its look at the job and its sleep
    const endThen = () => {
      Atomics.add(shared, Word.restsEnd, 1);
      return false;
    };
    expect(first.take(Number.POSITIVE_INFINITY, endThen)).toBe(true);
  });

  test.each([2, 3, 5])('of %d threads at once leaves one awake', async (workers) => {
    const places = { ready: 0, go: 16, resting: 32, most: 48, rests: 64 };
    const shared = words();
    const data = (worker: number) => ({ words: shared, places, worker, workers, rounds: 3000 });
    const threads = Array.from(
      { length: workers },
      (_, worker) =>
        new Worker(new URL('../../support/resting-threads.mjs', import.meta.url), { workerData: data(worker) }),
    );
    for (const [code] of await Promise.all(threads.map((thread) => once(thread, 'exit')))) expect(code).toBe(0);
    expect(shared[places.rests]).toBeGreaterThan(0);
    expect(shared[places.most]).toBeLessThan(workers);
  });
});

describe('the bits are the same', () => {
  const short = { epochs: 2, limitTrain: 4000 };
  const baseline = traced({ ...short, threads: 0 });
  // longer than the time in which nothing is judged
  const held = { step: 8, heldMs: 400 };

  test.each<[string, number, readonly (Hold | Fault)[]]>([
    ['2 threads, one of which loses its core all the time', 2, [{ ...held, worker: 1 }]],
    ['2 threads that both do', 2, [held]],
    [
      '3 threads, two of which do',
      3,
      [
        { ...held, worker: 0 },
        { ...held, worker: 2 },
      ],
    ],
    ['3 threads that all do', 3, [held]],
    [
      'threads that rest, and one that dies while it is the only one awake',
      2,
      [
        { ...held, worker: 1 },
        { step: 14, point: 'reduce', worker: 0 },
      ],
    ],
    [
      'threads that all rest, and die',
      3,
      [held, { step: 14, point: 'adam' }, { step: 20, point: 'compute' }, { step: 30, point: 'reduce' }],
    ],
  ])('%s', async (_, threads, faults) => {
    const found = await traced({ ...short, threads }, { faults });
    expect(found.threadsLost).toBe(faults.filter((fault) => 'point' in fault).length);
    expect(bitsOf(found)).toEqual(bitsOf(await baseline));
  });
});

describe('nobody waits for a thread that rests', () => {
  /** Small, and to be trained by so many threads. */
  async function prepared(threads: number, wired: Partial<PreparedRun['parts']['wiring']>) {
    const digits = await makeDigits();
    onTestFinished(() => digits.remove());
    const inline = prepareRun({ ...digits.short, threads: 0 }, digits.data);
    const run = prepareRun({ ...digits.short, threads }, digits.data);
    return { inline, run, parts: { ...run.parts, wiring: { ...run.parts.wiring, ...wired } } };
  }

  test('training goes on, and what follows it: an evaluation, and the end', async () => {
    const faults: readonly Hold[] = [{ step: 2, heldMs: 400 }];
    const { inline, run, parts } = await prepared(2, { faults });
    const steps = inline.stepsPerEpoch;
    const single = await makeExecutor(inline.parts);
    await single.train(inline.range(0, steps));
    const executor = await makeExecutor(parts);
    try {
      await executor.train(run.range(0, steps));
      expect(run.digest(steps)).toBe(inline.digest(steps));
      expect(await executor.evaluate('test', steps, 0)).toEqual(await single.evaluate('test', steps, 0));
    } finally {
      await executor.close(ExitCode.done);
    }
    const rests = executor.status().workers.map(({ restMs }) => restMs!);
    expect(Math.max(...rests)).toBeGreaterThan(0);
  });

  test('which gets up when another dies, and when a job ends', async () => {
    const threadFile = new URL('../../support/resting-for-ever.mjs', import.meta.url).href;
    const { parts } = await prepared(2, { threadFile });
    const { words, plan } = parts.memory;
    const [lain, risen] = [0, 1].map((place) => plan.control / 4 + Word.faults + place) as [number, number];
    const reaches = async (place: number, count: number) => {
      for (let now = Atomics.load(words, place); now < count; now = Atomics.load(words, place)) {
        await Atomics.waitAsync(words, place, now).value;
      }
    };
    const pool = startThreads(parts, () => undefined)!;
    try {
      await reaches(risen, 1);
      expect(pool.deaths).toBe(1);
      await reaches(lain, 2);
    } finally {
      await pool.close();
    }
    expect(Atomics.load(words, risen)).toBe(2);
  });
});
