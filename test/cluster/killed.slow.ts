// The coordinator of real workers is killed, or told to stop, again and again: it is resumed at the same port, the workers
// come back by themselves, and the bits are those of the single-worker baseline. Needs dist/.

import { existsSync, watch } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { gate } from '../support/events.ts';
import { expectFree } from '../support/free-port.ts';
import { baseline, Cluster, type Running, times } from '../support/processes.ts';
import { seeded } from '../support/seeded.ts';

// 98 steps an epoch, and a checkpoint after every fifth
const run = ['--epochs', '6', '--batch-size', '256', '--limit-train', '25000'];
const often = ['--checkpoint-every', '5'];

/** Waits for the checkpoint of a step, or of a later one. */
async function checkpointed(out: string, step: number): Promise<void> {
  const folder = join(out, 'checkpoints');
  await mkdir(folder, { recursive: true });
  const reached = gate();
  const look = (name: string | null) => {
    if (Number(/^step-(\d+)$/.exec(name ?? '')?.[1]) >= step && existsSync(join(folder, name!))) reached.open();
  };
  const watcher = watch(folder, (_, name) => look(name));
  for (const name of await readdir(folder)) look(name);
  await reached.promise;
  watcher.close();
}

/** They were there all the time, came back each time, and ended with the run. */
async function expectFaithful(workers: readonly Running[], lives: number): Promise<void> {
  for (const { ended } of workers) {
    const { exitCode, stderr } = await ended;
    expect(exitCode, stderr).toBe(0);
    expect(times(stderr, /joined run/)).toBe(lives);
    expect(stderr).not.toMatch(/unhandled|Error:|^\s+at /im);
  }
}

describe('kill -9 of the coordinator', () => {
  test.each([0, 1])('at random moments, with two workers and %d threads of its own', async (threads) => {
    // of 588 steps in all: the moments are steps, so that a fast machine is not done before they come
    const random = seeded(`kill the coordinator with ${threads} threads`);
    const own = ['--threads', String(threads), '--min-workers', String(2 + threads)];
    const cluster = await Cluster.start();
    let coordinator = await cluster.coordinator([...run, ...often, ...own]);
    const workers = await cluster.workers(coordinator, 2);
    let lives = 1;
    for (; lives <= 4; lives++) {
      // all are there
      await coordinator.seen(/worker \d+ joined: a /);
      await coordinator.seen(/worker \d+ joined: b /);
      await coordinator.seen('Training 109,386 parameters');
      await checkpointed(coordinator.out, 90 * lives + random.integer(0, 60));
      await delay(random.integer(0, 40));
      coordinator.child.kill('SIGKILL');
      // killed, and not done
      const { exitCode, stderr } = await coordinator.ended;
      expect(exitCode, stderr).toBe(null);
      expect(stderr).not.toMatch(/passed over|unhandled/i);
      await expectFree(coordinator.url);
      coordinator = await cluster.resumed(coordinator, own);
      expect(coordinator.stderr()).toMatch(/Resuming \S+ from step \d+/);
    }
    expect(await coordinator.bits()).toEqual(await baseline(run));
    await expectFaithful(workers, lives);
    expect((await readdir(coordinator.out)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('whose run then goes on with threads alone', async () => {
    const cluster = await Cluster.start();
    const first = await cluster.coordinator([...run, ...often, '--min-workers', '2']);
    await cluster.workers(first, 2);
    await first.seen('Epoch 1/6');
    first.child.kill('SIGKILL');
    await first.ended;
    // at an address where no worker looks
    const second = await cluster.resumed({ ...first, url: 'ws://127.0.0.1:0' }, ['--threads', '2']);
    expect(await second.bits()).toEqual(await baseline(run));
    expect(second.stderr()).not.toContain(' joined: ');
  });
});

describe('a coordinator with workers that is told to stop', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s: %d, a checkpoint, nothing left, and the workers are there when it is resumed', async (signal, code) => {
    const cluster = await Cluster.start();
    const first = await cluster.coordinator([...run, '--threads', '1', '--min-workers', '3']);
    const workers = await cluster.workers(first, 2);
    await first.seen('Training 109,386 parameters');
    const began = performance.now();
    first.child.kill(signal);
    const { exitCode, stderr } = await first.ended;
    console.info(`${signal}: ended after ${Math.round(performance.now() - began)} ms`);
    expect(exitCode, stderr).toBe(code);
    expect(stderr).toMatch(/Mend: Go on with: lockstep train --resume \S+\n$/);
    await expectFree(first.url);
    const left = (await readdir(first.out, { recursive: true })).filter((path) => /(^|\/)\./.test(path));
    expect(left).toEqual([]);
    const second = await cluster.resumed(first, ['--min-workers', '2']);
    const step = /its newest checkpoint is that of step (\d+)/.exec(stderr);
    // stopped in its first step, where that was given up: then there is none
    if (step !== null) expect(second.stderr()).toContain(`from step ${step[1]}`);
    expect(await second.bits()).toEqual(await baseline(run));
    await expectFaithful(workers, 2);
  });
});
