// What every executor keeps: one suite, run for each kind of them. The inline executor, the single-worker baseline, says what
// is right.

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Executor } from '../../coordinator/executors/executor.ts';
import { makeExecutor } from '../../coordinator/training/make-executor.ts';
import { ExitCode } from '../../src/errors.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { type Digits, makeDigits } from './digits.ts';
import { type PreparedRun, prepareRun } from './prepared-run.ts';

export interface Kind {
  readonly options: Partial<TrainOptions>;
  /** Called before the executor is made: whatever it needs to become ready. Resolves when that is gone again. */
  readonly helpers?: (prepared: PreparedRun, digits: Digits) => Promise<unknown>;
}

const counted = ['TCPServerWrap', 'TCPSocketWrap', 'MessagePort', 'Worker'];

function handles(): string[] {
  return process.getActiveResourcesInfo().filter((type) => counted.includes(type));
}

export function keepsTheContract(kind: Kind): void {
  let digits: Digits;
  beforeAll(async () => {
    digits = await makeDigits();
  });
  afterAll(() => digits.remove());

  const inline = () => prepareRun({ ...digits.short, threads: 0 }, digits.data);

  /** An executor over a fresh run, closed when the test is over. */
  async function fresh(): Promise<{ executor: Executor; prepared: PreparedRun; close: () => Promise<void> }> {
    const prepared = prepareRun({ ...digits.short, ...kind.options }, digits.data);
    const helpers = kind.helpers?.(prepared, digits);
    const executor = await makeExecutor(prepared.parts);
    let closed: Promise<void> | null = null;
    const close = () => {
      closed ??= executor.close(ExitCode.done).then(async () => void (await helpers));
      return closed;
    };
    onTestFinished(close);
    return { executor, prepared, close };
  }

  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

  test('trains a stretch to the bit, asks for scalars and tells of figures once a step, in order', async () => {
    const baseline = inline();
    const steps = baseline.stepsPerEpoch;
    expect(await (await makeExecutor(baseline.parts)).train(baseline.range(0, steps))).toBe(steps);
    const { executor, prepared } = await fresh();
    expect(await executor.train(prepared.range(0, steps))).toBe(steps);
    expect(prepared.digest(steps)).toBe(baseline.digest(steps));
    expect(prepared.told).toEqual(baseline.told);
    expect(prepared.told.scalars).toEqual(range(0, steps));
    expect(prepared.told.committed).toEqual(range(0, steps));
  });

  test('trains in two stretches as in one', async () => {
    const baseline = inline();
    await (await makeExecutor(baseline.parts)).train(baseline.range(0, 16));
    const { executor, prepared } = await fresh();
    expect(await executor.train(prepared.range(0, 5))).toBe(5);
    expect(await executor.train(prepared.range(5, 16))).toBe(16);
    expect(prepared.digest(16)).toBe(baseline.digest(16));
    expect(prepared.told).toEqual(baseline.told);
  });

  test('stops when it is asked to, at a step that it names, and goes on from there', async () => {
    const { executor, prepared } = await fresh();
    const steps = prepared.stepsPerEpoch;
    const reached = await executor.train(prepared.range(0, steps, () => prepared.told.committed.length >= 3));
    expect(prepared.told.committed).toEqual(range(0, reached));
    // an executor may look now and then only; it may not go back
    expect(reached).toBeGreaterThanOrEqual(3);
    const baseline = inline();
    await (await makeExecutor(baseline.parts)).train(baseline.range(0, steps));
    expect(await executor.train(prepared.range(reached, steps))).toBe(steps);
    expect(prepared.digest(steps)).toBe(baseline.digest(steps));
    expect(prepared.told).toEqual(baseline.told);
  });

  test('evaluates both splits, before training and after it', async () => {
    const baseline = inline();
    const single = await makeExecutor(baseline.parts);
    const { executor, prepared } = await fresh();
    for (const step of [0, 4]) {
      if (step > 0) {
        await single.train(baseline.range(0, step));
        await executor.train(prepared.range(0, step));
      }
      for (const split of ['validation', 'test'] as const) {
        const sums = await executor.evaluate(split, step, 0);
        expect(sums).toEqual(await single.evaluate(split, step, 0));
        expect(sums.sampleCount).toBe(split === 'test' ? digits.data.test.count : prepared.split.validation.length);
      }
    }
  });

  describe('close', () => {
    test('leaves no thread, no port and no socket', async () => {
      const before = handles().length;
      const { executor, prepared, close } = await fresh();
      await executor.train(prepared.range(0, 3));
      await close();
      expect(handles().length).toBeLessThanOrEqual(before);
    });

    test.each<[string, (executor: Executor, prepared: PreparedRun) => Promise<unknown>]>([
      ['an evaluation', (executor) => executor.evaluate('test', 0, 0)],
      ['a stretch', (executor, prepared) => executor.train(prepared.range(0, prepared.stepsPerEpoch))],
    ])('ends %s that is under way, and one that is begun after it', async (_, begin) => {
      const before = handles().length;
      const { executor, prepared, close } = await fresh();
      const pending = Promise.allSettled([begin(executor, prepared)]);
      await close();
      await pending;
      // `to` was perhaps reached; it may not hang
      await Promise.allSettled([executor.evaluate('validation', 0, 0)]);
      expect(handles().length).toBeLessThanOrEqual(before);
    });

    test('is possible before anything was done', async () => {
      const before = handles().length;
      const { close } = await fresh();
      await close();
      expect(handles().length).toBeLessThanOrEqual(before);
    });
  });
}
