// Runs that are stopped and resumed, with nodes before, after, or both: whoever did the work, and wherever it was stopped,
// the bits on the disk are those of the single-worker baseline.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeExecutor } from '../../coordinator/training/make-executor.ts';
import type { LockstepError } from '../../src/errors.ts';
import { ExitCode } from '../../src/errors.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { type Cluster, patient, withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { gate } from '../support/events.ts';
import { type NodeSetup, startNode } from '../support/nodes.ts';
import { prepareRun } from '../support/prepared-run.ts';
import { bitsOnDisk, checkpointNames, runOnDisk } from '../support/run-on-disk.ts';

// 22 steps an epoch, two epochs
let digits: Digits;
let options: Partial<TrainOptions>;
let baseline: Awaited<ReturnType<typeof bitsOnDisk>>;
let counter = 0;

/** A place that is not there yet. */
function place(): string {
  return join(digits.folder, `run-${counter++}`);
}

beforeAll(async () => {
  digits = await makeDigits();
  options = { ...digits.short, checkpointEvery: 5 };
  const out = place();
  await runOnDisk({ ...options, threads: 0, out });
  baseline = await bitsOnDisk(out);
});
afterAll(() => digits.remove());

/** How the run ended that was told to stop. */
async function stopOf({ outcome }: Cluster): Promise<LockstepError> {
  const error: LockstepError = await outcome.then(
    () => {
      throw new Error('It came to its end');
    },
    (reason) => reason,
  );
  expect(error.exitCode, error.message).toBe(130);
  return error;
}

/** Stops in the middle of step `step`, which is then finished. */
async function stopWithNodes(step: number, given: Partial<TrainOptions>, nodes = 2): Promise<LockstepError> {
  const use = async (cluster: Cluster) => {
    const beforeStep = (at: { step: number }) => (at.step >= step ? cluster.stop() : undefined);
    for (let i = 0; i < nodes; i++) cluster.node({ name: `n${i}`, data: digits.data, beforeStep });
    return await stopOf(cluster);
  };
  return await withCluster({ ...given, minWorkers: nodes + (given.threads ?? 0) }, use, patient);
}

/** Stops soon after the first checkpoint from step `step` on. */
async function stopWithThreads(step: number, given: Partial<TrainOptions>): Promise<void> {
  const controller = new AbortController();
  const run = runOnDisk(given, {
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type === 'checkpoint' && event.step >= step) controller.abort();
    },
  });
  await expect(run).rejects.toMatchObject({ exitCode: 130 });
}

async function finishWithNodes(run: string, nodes: number, given: Partial<TrainOptions> = {}): Promise<void> {
  await withCluster({ resume: run, minWorkers: nodes, ...given }, async (cluster) => {
    const setup: NodeSetup = { data: digits.data };
    for (let i = 0; i < nodes; i++) cluster.node({ name: `m${i}`, ...setup });
    await cluster.outcome;
  });
}

async function stepsSaved(run: string): Promise<number[]> {
  return (await checkpointNames(run)).map((name) => Number(name.replace('step-', '')));
}

describe('a run that was begun', () => {
  test.each([0, 2])('with nodes goes on with %d threads', async (threads) => {
    const out = place();
    const { why, mend } = await stopWithNodes(12, { ...options, out });
    // the step that was under way is finished, if the machine is not very slow
    const newest = (await stepsSaved(out)).at(-1)!;
    expect([12, 13]).toContain(newest);
    expect(why).toContain(`its newest checkpoint is that of step ${newest}`);
    expect(mend).toContain(`--resume ${out}`);
    await runOnDisk({ resume: out, threads });
    expect(await bitsOnDisk(out)).toEqual(baseline);
  });

  test.each([1, 3])('with two threads goes on with %d nodes', async (nodes) => {
    const out = place();
    await stopWithThreads(5, { ...options, threads: 2, out });
    await finishWithNodes(out, nodes);
    expect(await bitsOnDisk(out)).toEqual(baseline);
  });

  test('with nodes and a thread goes on with other nodes, is stopped again, and goes on inline', async () => {
    const out = place();
    await stopWithNodes(3, { ...options, threads: 1, out }, 1);
    await stopWithNodes(17, { resume: out }, 3);
    await stopWithNodes(25, { resume: out, threads: 1 }, 1);
    await runOnDisk({ resume: out, threads: 0 });
    expect(await bitsOnDisk(out)).toEqual(baseline);
  });

  test('with nodes goes on with nodes, in another place', async () => {
    const run = place();
    const out = place();
    await stopWithNodes(30, { ...options, out: run });
    await finishWithNodes(run, 2, { out });
    expect(await bitsOnDisk(out)).toEqual(baseline);
  });
});

describe('a run that is stopped', () => {
  test('while it is paused has a checkpoint of the last step that was committed', async () => {
    const out = place();
    await withCluster({ ...options, out }, async (cluster) => {
      const a = cluster.node({ data: digits.data, beforeStep: ({ step }) => step === 11 && a.leave() });
      await cluster.log.told('runPaused');
      cluster.stop();
      expect((await stopOf(cluster)).why).toContain('newest checkpoint is that of step 12');
    });
    expect((await stepsSaved(out)).at(-1)).toBe(12);
    await finishWithNodes(out, 1);
    expect(await bitsOnDisk(out)).toEqual(baseline);
  });

  test('before its first worker came leaves nothing, and says so', async () => {
    const out = place();
    await withCluster({ ...options, out }, async (cluster) => {
      await cluster.log.told('runWaiting');
      cluster.stop();
      const { why, mend } = await stopOf(cluster);
      expect(mend).toBe('Start it again');
      expect(why).not.toContain('checkpoint');
    });
    expect(existsSync(out)).toBe(false);
  });

  test('while, resumed, it waits for workers names the checkpoint that it had', async () => {
    const out = place();
    await stopWithThreads(5, { ...options, threads: 1, out });
    const newest = (await stepsSaved(out)).at(-1)!;
    await withCluster({ resume: out }, async (cluster) => {
      await cluster.log.told('runWaiting');
      cluster.stop();
      const { why, mend } = await stopOf(cluster);
      expect(why).toContain(`its newest checkpoint is that of step ${newest}`);
      expect(mend).toContain(`--resume ${out}`);
    });
    await finishWithNodes(out, 2);
    expect(await bitsOnDisk(out)).toEqual(baseline);
  });

  test.each([
    'validation',
    'test',
  ] as const)('in the evaluation of the %s split does not wait for it', async (split) => {
    const out = place();
    const held = gate();
    const over = gate();
    await withCluster({ ...options, out }, async (cluster) => {
      const beforeParts = (asked: string) => {
        if (asked !== split) return;
        held.open();
        return over.promise;
      };
      cluster.node({ data: digits.data, beforeParts });
      await held.promise;
      cluster.stop();
      const step = split === 'validation' ? 22 : 44;
      expect((await stopOf(cluster)).why).toContain(`newest checkpoint is that of step ${step}`);
      over.open();
    });
    await finishWithNodes(out, 1);
    expect(await bitsOnDisk(out)).toEqual(baseline);
  });
});

describe('the executor', () => {
  /** One that listens, with one node. */
  async function listening(signal: AbortSignal, setup: NodeSetup) {
    const prepared = prepareRun({ ...digits.short, threads: 0, listen: '127.0.0.1:0' }, digits.data);
    const making = makeExecutor({ ...prepared.parts, signal });
    const { url } = await prepared.log.told('listening');
    const node = startNode(url, { data: digits.data, ...setup });
    return { prepared, node, executor: await making };
  }

  test('resolves to the last committed step when nobody finishes the next; the memory holds its state', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const over = gate();
    const beforeStep = ({ step }: { step: number }) => {
      if (step < 4) return;
      controller.abort();
      return over.promise;
    };
    const { prepared, node, executor } = await listening(signal, { beforeStep });
    expect(await executor.train(prepared.range(0, 10, () => signal.aborted))).toBe(4);
    expect(prepared.told.committed).toEqual([0, 1, 2, 3]);
    const inline = prepareRun({ ...digits.short, threads: 0 }, digits.data);
    await (await makeExecutor(inline.parts)).train(inline.range(0, 4));
    expect(prepared.digest(4)).toBe(inline.digest(4));
    node.leave();
    over.open();
    await executor.close(ExitCode.runFailed);
    await node.ended;
  });

  test('closed in the middle of an evaluation ends it', async () => {
    const held = gate();
    const over = gate();
    const beforeParts = () => {
      held.open();
      return over.promise;
    };
    const { node, executor } = await listening(new AbortController().signal, { beforeParts });
    const evaluation = expect(executor.evaluate('test', 0, 0)).rejects.toThrow('The executor was closed');
    await held.promise;
    await executor.close(ExitCode.done);
    await evaluation;
    over.open();
    await node.ended;
  });
});
