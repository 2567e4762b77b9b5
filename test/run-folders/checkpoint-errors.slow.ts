// Checkpoints that cannot be written, and aborts: what becomes of the run, and of what was saved before.

import { mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeExecutor, placesFor } from '../../coordinator/training/make-executor.ts';
import { splitImages } from '../../src/data/sampler.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { loadDataset } from '../../src/host/data/load-dataset.ts';
import { layRun } from '../../src/kernels/lay-memory.ts';
import { wiring } from '../../src/library.ts';
import { resolveOptions } from '../../src/options/config.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import { shapeOf } from '../../src/run/run-shape.ts';
import type { Wiring } from '../../src/wiring.ts';
import { refusal } from '../support/refusal.ts';
import { bitsOnDisk, checkpointNames, runOnDisk, warningsOf } from '../support/run-on-disk.ts';
import { writeTinyData } from '../support/tiny-data.ts';

let folder: string;
let short: Partial<TrainOptions>;
let baseline: Awaited<ReturnType<typeof bitsOnDisk>>;
let counter = 0;
const place = () => join(folder, `run-${counter++}`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-errors-'));
  const data = join(folder, 'data');
  await writeTinyData(data, { train: 350, test: 40, classes: 4 });
  short = { data, valSize: 50, batchSize: 32, hidden: [12, 7], epochs: 3 };
  const out = place();
  await runOnDisk({ ...short, threads: 0, out });
  baseline = await bitsOnDisk(out);
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

/** Puts a file where the folder of checkpoints should be, until three could not be written. */
function obstacle(run: string) {
  const path = join(run, 'checkpoints');
  return (event: TrainEvent) => {
    if (event.type === 'start') writeFileSync(path, 'in the way');
    if (event.type === 'checkpointFailed' && event.failures === 3) rmSync(path);
  };
}

describe('checkpoints that cannot be written', () => {
  test('are told of once, counted, and the run goes on', async () => {
    const run = place();
    const ran = await runOnDisk({ ...short, threads: 1, checkpointEvery: 5, out: run }, { onEvent: obstacle(run) });
    const failed = ran.events.filter((event) => event.type === 'checkpointFailed');
    expect(failed.map(({ step, failures }) => [step, failures])).toEqual([
      [5, 1],
      [10, 2],
      [15, 3],
    ]);
    expect(warningsOf(ran)).toHaveLength(1);
    expect(warningsOf(ran)[0]).toMatch(
      /The checkpoint of step 5 cannot be written: .*checkpoints.*ENOTDIR.*The run goes on/,
    );
    expect(ran.events).toContainEqual({
      type: 'info',
      message: 'Checkpoints are written again, after 3 that could not be',
    });
    expect(await bitsOnDisk(run)).toEqual(baseline);
    expect(await checkpointNames(run)).toEqual(['step-00000020', 'step-00000025', 'step-00000030']);
  });

  test('as receipts cannot be, which come before them: the lines wait for the next', async () => {
    const run = place();
    const path = join(run, 'receipts.jsonl');
    const onEvent = (event: TrainEvent) => {
      if (event.type === 'start') mkdirSync(path);
      if (event.type === 'checkpointFailed' && event.failures === 2) rmdirSync(path);
    };
    const ran = await runOnDisk({ ...short, threads: 1, checkpointEvery: 5, out: run }, { onEvent });
    expect(warningsOf(ran)[0]).toMatch(
      /^The checkpoint of step 5 cannot be written: writing the \d+ bytes of .*receipts\.jsonl failed/,
    );
    // those of this cadence as well
    expect(await bitsOnDisk(run)).toEqual(baseline);
  });

  test('and at the end, where receipts cannot be either, in words', async () => {
    const run = place();
    const onEvent = (event: TrainEvent) => {
      if (event.type === 'start') mkdirSync(join(run, 'receipts.jsonl'));
    };
    const error = await refusal(() => runOnDisk({ ...short, threads: 1, out: run }, { onEvent }));
    expect(error).toMatchObject({ code: 'ERR_LOCKSTEP_WRITE_FAILED', exitCode: ExitCode.runFailed });
    expect(error.message).toMatch(/receipts\.jsonl cannot be written.*EISDIR/);
  });

  test('stop the run where that is asked for', async () => {
    const run = place();
    const onEvent = obstacle(run);
    const options = { ...short, threads: 1, checkpointEvery: 5, checkpointErrors: 'stop', out: run } as const;
    const error = await refusal(() => runOnDisk(options, { onEvent }));
    expect(error.what).toBe('The checkpoint of step 5 cannot be written');
    expect(error.why).toContain(join(run, 'checkpoints'));
    expect(error.mend).toContain(`lockstep train --resume ${run}`);
    expect(error.exitCode).toBe(ExitCode.runFailed);
    await rm(join(run, 'checkpoints'));
    await runOnDisk({ resume: run });
    expect(await bitsOnDisk(run)).toEqual(baseline);
  });

  test('stop it at the end as well', async () => {
    const run = place();
    const options = { ...short, epochs: 1, threads: 0, checkpointErrors: 'stop', out: run } as const;
    const error = await refusal(() => runOnDisk(options, { onEvent: obstacle(run) }));
    expect(error.what).toBe('The checkpoint of step 10 cannot be written');
    expect(await readdir(run)).not.toContain('summary.json');
  });
});

describe('an abort', () => {
  /** A run that is aborted by the first event that `when` picks. */
  async function aborted(options: Partial<TrainOptions>, when: (event: TrainEvent) => boolean, reason?: unknown) {
    const controller = new AbortController();
    const run = place();
    const error = await refusal(() =>
      runOnDisk(
        { ...short, ...options, out: run },
        { signal: controller.signal, onEvent: (event) => when(event) && controller.abort(reason) },
      ),
    );
    return { run, error };
  }

  test.each([
    ['at the start, inline', { threads: 0 }, (event: TrainEvent) => event.type === 'start'],
    ['at the start, with threads', { threads: 3 }, (event: TrainEvent) => event.type === 'start'],
    ['at an epoch, inline', { threads: 0 }, (event: TrainEvent) => event.type === 'epoch' && event.epoch === 2],
    ['at an epoch, with threads', { threads: 2 }, (event: TrainEvent) => event.type === 'epoch' && event.epoch === 2],
    ['at the last epoch', { threads: 1 }, (event: TrainEvent) => event.type === 'epoch' && event.epoch === 3],
    ['in a stretch', { threads: 2, checkpointEvery: 4 }, (event: TrainEvent) => event.type === 'checkpoint'],
  ] as const)('%s leaves a run that goes on to the same bits', async (_, options, when) => {
    const { run, error } = await aborted(options, when);
    expect(error.exitCode).toBe(ExitCode.interrupted);
    expect(error.mend).toBe(`Go on with: lockstep train --resume ${run}`);
    expect((await readdir(run)).filter((name) => name.startsWith('.'))).toEqual([]);
    await runOnDisk({ resume: run, threads: 0 });
    expect(await bitsOnDisk(run)).toEqual(baseline);
  });

  test('in the validation does not wait for it, and keeps the epoch that it belongs to', async () => {
    const controller = new AbortController();
    const makeEngine: Wiring['makeEngine'] = async (...args) => {
      const engine = await wiring.makeEngine(...args);
      return {
        name: engine.name,
        computeBlock: engine.computeBlock.bind(engine),
        updateSlice: engine.updateSlice.bind(engine),
        evaluatePart: () => controller.abort(),
      };
    };
    const run = place();
    const { signal } = controller;
    const error = await refusal(() =>
      runOnDisk({ ...short, threads: 0, out: run }, { signal, wiring: { makeEngine } }),
    );
    expect(error.what).toBe('The run was stopped');
    expect(await checkpointNames(run)).toEqual(['step-00000010']);
    await runOnDisk({ resume: run, threads: 2 });
    expect(await bitsOnDisk(run)).toEqual(baseline);
  });

  test.each([0, 2])('leaves no evaluation behind: it ends with the executor, with %d threads', async (threads) => {
    const options = { ...resolveOptions({ ...short, threads }, null), threads };
    const data = await loadDataset(options.data);
    const split = splitImages(options.seed, data.train.count, options.valSize, options.limitTrain);
    const { workers, slots } = placesFor(options);
    const shape = shapeOf(options, data, split, workers, slots);
    const module = wiring.sharedKernels();
    const memory = layRun(shape, module, wiring.heapBase());
    const { signal } = new AbortController();
    const parts = { shape, options, runName: 'test', data, memory, module, signal, wiring };
    const executor = await makeExecutor({ ...parts, onEvent: () => {} });
    const closed = executor.close(ExitCode.runFailed);
    const evaluation = executor.evaluate('test', 0, 0);
    await expect(evaluation).rejects.toThrow('The executor was closed');
    await closed;
  });

  test('keeps its own words and exit code', async () => {
    const reason = new LockstepError({
      code: 'ERR_LOCKSTEP_INTERRUPTED',
      what: 'Enough',
      why: 'I say so',
      mend: 'No',
      exitCode: ExitCode.terminated,
    });
    const { error } = await aborted({ threads: 0 }, ({ type }) => type === 'epoch', reason);
    expect(error.message).toMatch(/^Enough: I say so; its newest checkpoint is that of step 10\. Go on with: /);
    expect(error.exitCode).toBe(ExitCode.terminated);
  });
});
