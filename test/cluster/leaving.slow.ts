// Ends that are no accident: who is told to leave, who ends when the run does, who waits and who gives up; each with
// its exit code, and nothing left behind.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectFree } from '../support/free-port.ts';
import {
  baseline,
  Cluster,
  type Coordinator,
  type Ended,
  freeze,
  type Running,
  seconds,
} from '../support/processes.ts';
import { expectError } from '../support/run-cli.ts';
import { writeTinyData } from '../support/tiny-data.ts';

const run = ['--epochs', '2', '--batch-size', '256', '--limit-train', '50000'];
const short = ['--epochs', '1', '--batch-size', '512', '--limit-train', '5000', '--val-size', '500'];

function portOf({ url }: Coordinator): number {
  return Number(new URL(url).port);
}

/** Ends within half a minute, the least that anybody waits who is not told to leave; a machine at work may take seconds for it. */
async function soon({ ended, child, stderr }: Running): Promise<Ended> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${child.spawnargs.join(' ')} did not end:\n${stderr()}`)), 30_000);
  });
  return await Promise.race([ended, late]).finally(() => clearTimeout(timer));
}

describe('a worker that is told to leave', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('in the middle of a run: %s says goodbye and ends with %d', async (signal, code) => {
    const cluster = await Cluster.start();
    const coordinator = await cluster.coordinator([...run, '--min-workers', '2']);
    const [a] = await cluster.workers(coordinator, 2);
    await coordinator.seen('Training 109,386 parameters');
    a!.child.kill(signal);
    expectError(await soon(a!), code, new RegExp(`The worker was told to leave\n.*${signal} arrived`));
    await coordinator.seen('worker 1 (a) left: closed with 4001, you leave');
    expect(await coordinator.bits()).toEqual(await baseline(run));
    // what it had begun it finished
    expect(coordinator.stderr()).not.toContain('was lost');
  });

  test('as the only one: the run pauses until the next comes', async () => {
    const cluster = await Cluster.start();
    const coordinator = await cluster.coordinator(run);
    const [a] = await cluster.workers(coordinator, 1);
    await coordinator.seen('Training 109,386 parameters');
    a!.child.kill('SIGINT');
    expectError(await soon(a!), 130, /told to leave/);
    await coordinator.seen('The run pauses: no worker is left; worker 1 is leaving: told to leave');
    cluster.worker(coordinator.url, 'b');
    expect(await coordinator.bits()).toEqual(await baseline(run));
  });

  test('while it waits for the run to begin', async () => {
    const cluster = await Cluster.start();
    const coordinator = await cluster.coordinator([...run, '--min-workers', '2']);
    const [a] = await cluster.workers(coordinator, 1);
    a!.child.kill('SIGTERM');
    expectError(await soon(a!), 143, /told to leave/);
    await coordinator.seen('worker 1 (a) left: closed with 4001');
  });

  test('while it receives the data', async () => {
    const cluster = await Cluster.start();
    const coordinator = await cluster.coordinator([...run, '--min-workers', '2']);
    // data of its own, so that it has to be sent the run's: 55 MB
    const other = join(cluster.folder, 'other');
    await mkdir(other);
    await writeTinyData(other);
    const worker = cluster.worker(coordinator.url, 'a', ['--data', other]);
    await worker.seen('receiving the dataset');
    worker.child.kill('SIGHUP');
    expectError(await soon(worker), 129, /told to leave/);
    await coordinator.seen('worker 1 (a) left: ');
  });

  test('while it looks for a coordinator', async () => {
    const cluster = await Cluster.start();
    const worker = cluster.worker('ws://127.0.0.1:9', 'a');
    await worker.seen(/not connected: .*ECONNREFUSED.*; trying again/);
    worker.child.kill('SIGINT');
    expectError(await soon(worker), 130, /told to leave/);
  });

  test('twice, by a coordinator that hangs: the second signal ends it at once', async () => {
    const cluster = await Cluster.start();
    const coordinator = await cluster.coordinator(run);
    const [a] = await cluster.workers(coordinator, 1);
    await freeze(coordinator);
    a!.child.kill('SIGINT');
    await a!.seen('Leaving: ');
    // what comes within a second is the same wish
    await seconds(1.1);
    a!.child.kill('SIGINT');
    const { exitCode, stderr } = await soon(a!);
    expect(exitCode).toBe(130);
    // as who waits for a goodbye in vain would say after five seconds
    expect(stderr).not.toContain('Error:');
  });
});

describe('a coordinator that is told to stop', () => {
  const stopped = /SIGINT: stopping[\s\S]*Error: The run was interrupted\n.*SIGINT arrived/;

  test('while it waits for workers', async () => {
    const cluster = await Cluster.start();
    const coordinator = await cluster.coordinator([...run, '--min-workers', '2']);
    const [a] = await cluster.workers(coordinator, 1);
    await coordinator.seen('Waiting for workers: 1 computing thread ready, 2 needed');
    coordinator.child.kill('SIGINT');
    expectError(await soon(coordinator), 130, stopped);
    await expectFree(coordinator.url);
    await a!.seen(/not connected: shuttingDown: the coordinator was stopped; trying again/);
    expect(a!.child.exitCode).toBe(null);
  });

  test('while it is paused', async () => {
    const cluster = await Cluster.start();
    const coordinator = await cluster.coordinator(run);
    const [a] = await cluster.workers(coordinator, 1);
    await coordinator.seen('Training 109,386 parameters');
    a!.child.kill('SIGKILL');
    await coordinator.seen('The run pauses');
    coordinator.child.kill('SIGINT');
    expectError(await soon(coordinator), 130, stopped);
    await expectFree(coordinator.url);
  });

  test('while it trains', async () => {
    const cluster = await Cluster.start();
    const coordinator = await cluster.coordinator(run);
    const [a] = await cluster.workers(coordinator, 1);
    await coordinator.seen('Training 109,386 parameters');
    coordinator.child.kill('SIGINT');
    expectError(await soon(coordinator), 130, stopped);
    await a!.seen(/not connected: shuttingDown/);
  });

  test('while a worker hangs', async () => {
    const cluster = await Cluster.start();
    const coordinator = await cluster.coordinator([...run, '--heartbeat-timeout', '60']);
    const [a] = await cluster.workers(coordinator, 1);
    await coordinator.seen('Training 109,386 parameters');
    await freeze(a!);
    coordinator.child.kill('SIGINT');
    expectError(await soon(coordinator), 130, stopped);
    await expectFree(coordinator.url);
  });
});

describe('a worker outlives the coordinator', () => {
  test('that was killed, and takes part in the next run at that address', async () => {
    const cluster = await Cluster.start();
    const first = await cluster.coordinator(run);
    const [a] = await cluster.workers(first, 1);
    await first.seen('Training 109,386 parameters');
    first.child.kill('SIGKILL');
    await first.ended;
    // the port can be bound again at once
    const second = await cluster.coordinator([...short, '--listen', `127.0.0.1:${portOf(first)}`]);
    expect(await second.bits()).toEqual(await baseline(short));
    expect((await soon(a!)).exitCode).toBe(0);
    expect(second.stderr()).toContain('worker 1 joined: a ');
  });

  test('with --keep-alive, also one whose run is over', async () => {
    const cluster = await Cluster.start();
    const first = await cluster.coordinator(short);
    const [a] = await cluster.workers(first, 1, ['--keep-alive']);
    const expected = await baseline(short);
    expect(await first.bits()).toEqual(expected);
    await a!.seen('the run is over; waiting for the next at ws://127.0.0.1:');
    const second = await cluster.coordinator([...short, '--listen', `127.0.0.1:${portOf(first)}`]);
    expect(await second.bits()).toEqual(expected);
    a!.child.kill('SIGTERM');
    expectError(await soon(a!), 143, /told to leave/);
    expect(a!.stderr().match(/joined run/g)).toHaveLength(2);
  });
});

test('when the run is over, all end with 0, and nothing is left', async () => {
  const cluster = await Cluster.start();
  const coordinator = await cluster.coordinator([...short, '--min-workers', '3', '--threads', '1']);
  const workers = await cluster.workers(coordinator, 2, ['--json']);
  expect(await coordinator.bits()).toEqual(await baseline(short));
  await expectFree(coordinator.url);
  for (const worker of workers) {
    const { exitCode, stdout } = await soon(worker);
    expect(exitCode).toBe(0);
    const result = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
    expect(result).toMatchObject({ joined: 1, reason: 'the run is over' });
    expect(result.samplesDone).toBeGreaterThan(0);
  }
  // an end that was wished for is no failure
  expect(coordinator.stderr()).not.toMatch(/Warning|The run pauses/);
});

describe('gives up with 75', () => {
  test('a worker that finds no coordinator within --retry-for', async () => {
    const cluster = await Cluster.start();
    const worker = cluster.worker('ws://127.0.0.1:9', 'a', ['--retry-for', '0.5']);
    expectError(await soon(worker), 75, /Error: No coordinator at ws:\/\/127\.0\.0\.1:9\n.*ECONNREFUSED/);
  });

  test('a worker whose coordinator does not come back', async () => {
    const cluster = await Cluster.start();
    const coordinator = await cluster.coordinator(run);
    const [a] = await cluster.workers(coordinator, 1, ['--retry-for', '0.5']);
    coordinator.child.kill('SIGKILL');
    expectError(await soon(a!), 75, /Error: No coordinator at /);
  });

  test('a coordinator whose workers do not come within --join-timeout', async () => {
    const cluster = await Cluster.start();
    const coordinator = await cluster.coordinator([...run, '--join-timeout', '1', '--min-workers', '2']);
    const worker = cluster.worker(coordinator.url, 'a');
    const { exitCode, stderr } = await soon(coordinator);
    expect(stderr).toMatch(/Error: Not enough workers came\n.*[01] computing threads? ready, 2 needed after 1 s/);
    expect(exitCode).toBe(75);
    await worker.seen('not connected');
    await expectFree(coordinator.url);
  });
});

test('a wrong token ends a worker with 2, a missing one too, and the right one does not', async () => {
  const cluster = await Cluster.start();
  const files = { right: join(cluster.folder, 'right'), wrong: join(cluster.folder, 'wrong') };
  await writeFile(files.right, 'correct-horse-battery-staple\n');
  await writeFile(files.wrong, 'incorrect-horse-battery-staple\n');
  const coordinator = await cluster.coordinator([...short, '--token-file', files.right]);
  const wrong = cluster.worker(coordinator.url, 'wrong', ['--token-file', files.wrong]);
  expectError(await wrong.ended, 2, /cannot be joined\n.*another token/);
  expectError(await cluster.worker(coordinator.url, 'none').ended, 2, /cannot be joined\n.*asks for a token/);
  const right = cluster.worker(coordinator.url, 'right', ['--token-file', files.right]);
  expect(await coordinator.bits()).toEqual(await baseline(short));
  expect((await right.ended).exitCode).toBe(0);
  // a worker with a token does not believe a coordinator without one
  const open = await cluster.coordinator(short);
  const distrustful = cluster.worker(open.url, 'a', ['--token-file', files.right]);
  expectError(await distrustful.ended, 2, /cannot be joined\n.*did not prove that it knows the token/);
  for (const { stderr } of [coordinator, wrong, right, distrustful]) expect(stderr()).not.toContain('horse');
});
