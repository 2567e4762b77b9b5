// A checkpoint that is asked for in the middle of an epoch, as SIGUSR1 does: the run goes on, and no bit changes.

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Phase } from '../../../coordinator/training/run-phase.ts';
import { CheckpointRequests, type Summary, train } from '../../../src/library.ts';

// 16 steps an epoch
const options = {
  epochs: 2,
  limitTrain: 1024,
  valSize: 128,
  batchSize: 64,
  hidden: [16],
  report: false,
  keepLast: 100,
};
let baseline: Promise<Summary> | null = null;

async function folder(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'lockstep-asked-'));
  onTestFinished(async () => await rm(parent, { recursive: true, force: true }));
  return join(parent, 'run');
}

/** Asks as soon as the run is at `phase`. */
async function asked(threads: number, phase: Phase, out: string | null) {
  const checkpointRequests = new CheckpointRequests();
  const messages: string[] = [];
  const phases: Phase[] = [];
  const summary = await train(
    { ...options, threads, out },
    {
      checkpointRequests,
      onPhase: (now) => {
        phases.push(now);
        if (now === phase) checkpointRequests.request();
      },
      onEvent: (event) => {
        if (event.type === 'info') messages.push(event.message);
      },
    },
  );
  return { summary, messages, phases };
}

test.each([0, 1, 2])('%d threads', async (threads) => {
  baseline ??= train({ ...options, threads: 0 });
  const out = await folder();
  const { summary, messages, phases } = await asked(threads, 'training', out);
  const { digest, stateDigest } = await baseline;
  expect(summary).toMatchObject({ digest, stateDigest });
  const steps = messages.map(
    (message) => /^The checkpoint that was asked for, of step (\d+), is written$/.exec(message)?.[1],
  );
  expect(steps.length).toBeGreaterThan(0);
  const names = await readdir(join(out, 'checkpoints'));
  for (const step of steps) expect(names).toContain(`step-${step!.padStart(8, '0')}`);
  expect(phases).toEqual(['training', 'validation', 'training', 'validation', 'test', 'results', 'metrics']);
});

test('during a validation it is the checkpoint of the epoch', async () => {
  const { messages } = await asked(1, 'validation', await folder());
  expect(messages).toEqual([16, 32].map((step) => `The checkpoint that was asked for, of step ${step}, is written`));
});

test('a run without a folder says so, and goes on', async () => {
  baseline ??= train({ ...options, threads: 0 });
  const { summary, messages } = await asked(1, 'training', null);
  expect(messages).toContain('No checkpoint is written: the run has no folder');
  expect(summary.digest).toBe((await baseline).digest);
});

test.each([
  0, 1, 2, 3,
])('asked for at every step: no stretch reaches into the next, with %d threads', async (threads) => {
  class Unending extends CheckpointRequests {
    override get pending(): boolean {
      return true;
    }
  }
  baseline ??= train({ ...options, threads: 0 });
  // each time from the first step on: how far the threads are when a stretch ends is another time by time
  for (let time = 0; time < 3; time++) {
    const summary = await train({ ...options, threads, out: null }, { checkpointRequests: new Unending() });
    const { digest, stateDigest } = await baseline;
    expect(summary).toMatchObject({ digest, stateDigest });
  }
});
