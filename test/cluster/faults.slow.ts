// Processes that are killed or stopped in the middle of a run: each time the bits are those of the single-worker baseline,
// and each time the log shows that the fault did happen.

import { expect, test } from 'vitest';
import { baseline, Cluster, freeze, seconds, thaw, times } from '../support/processes.ts';

// Some four hundred steps in all: when the first of five epochs is told most of them are still to come, however fast this machine
// is. And hardly any time in which no step is out: of the validation there is one part.
const run = ['--epochs', '5', '--batch-size', '256', '--limit-train', '20000', '--val-size', '100'];
const patient = ['--heartbeat-timeout', '60'];
// not so short that a busy machine starves a heartbeat
const shortTimeout = 2;
const impatient = ['--heartbeat-timeout', String(shortTimeout)];

test('the only worker is killed in mid-step, and another comes', async () => {
  const cluster = await Cluster.start();
  const coordinator = await cluster.coordinator([...run, ...patient]);
  const [a] = await cluster.workers(coordinator, 1);
  await coordinator.seen('Training 109,386 parameters');
  // with one worker a step is always out at it
  a!.child.kill('SIGKILL');
  await coordinator.seen('worker 1 (a) left: the connection was lost');
  await coordinator.seen('The run pauses: no worker is left');
  cluster.worker(coordinator.url, 'b');
  await coordinator.seen(/step \d+: 8 shards to worker 2: worker 1 was lost: the connection was lost/);
  expect(await coordinator.bits()).toEqual(await baseline(run));
  expect(coordinator.stderr()).toContain('The run goes on: worker 2 is ready');
});

test('a worker is killed in mid-step, and another does its shards', async () => {
  // an epoch is one step, and next to nothing besides: whenever the signal comes, one is out at both
  const vast = ['--epochs', '5', '--batch-size', '20000', '--limit-train', '20000', '--val-size', '16'];
  const cluster = await Cluster.start();
  const coordinator = await cluster.coordinator([...vast, ...patient, '--min-workers', '2']);
  const [a] = await cluster.workers(coordinator, 2);
  await coordinator.seen('Training 109,386 parameters');
  a!.child.kill('SIGKILL');
  await coordinator.seen(/step \d: \d shards? to worker 2: worker 1 was lost: the connection was lost/);
  expect(await coordinator.bits()).toEqual(await baseline(vast));
  expect(coordinator.stderr()).not.toContain('The run pauses');
});

test('a worker is stopped beyond its deadline: its late answer is dropped, and it stays', async () => {
  const cluster = await Cluster.start();
  const coordinator = await cluster.coordinator([...run, ...patient, '--min-workers', '2']);
  const [a] = await cluster.workers(coordinator, 2);
  await coordinator.seen('Training 109,386 parameters');
  await freeze(a!);
  await coordinator.seen(/shards? to worker 2: late from worker 1/);
  await coordinator.seen('Epoch 1/5');
  thaw(a!);
  await coordinator.seen(/a late tree node of step \d+ from worker 1 was dropped/);
  expect(await coordinator.bits()).toEqual(await baseline(run));
  expect(coordinator.stderr()).not.toMatch(/left: heartbeatTimeout|worker 3/);
  const { exitCode, stderr } = await a!.ended;
  expect(exitCode, stderr).toBe(0);
});

test('a worker is stopped beyond its deadline, and killed', async () => {
  const cluster = await Cluster.start();
  const coordinator = await cluster.coordinator([...run, ...patient, '--min-workers', '2']);
  const [a] = await cluster.workers(coordinator, 2);
  await coordinator.seen('Training 109,386 parameters');
  await freeze(a!);
  await coordinator.seen(/shards? to worker 2: late from worker 1/);
  a!.child.kill('SIGKILL');
  await coordinator.seen('worker 1 (a) left: the connection was lost');
  expect(await coordinator.bits()).toEqual(await baseline(run));
});

test('a worker is stopped beyond the heartbeat timeout: it is evicted and joins again as a new one', async () => {
  const cluster = await Cluster.start();
  const coordinator = await cluster.coordinator([...run, ...impatient]);
  const [a] = await cluster.workers(coordinator, 1);
  await coordinator.seen('Training 109,386 parameters');
  await freeze(a!);
  await coordinator.seen(/worker 1 \(a\) left: heartbeatTimeout: silent for \d+ ms, allowed are 2000/);
  await coordinator.seen('The run pauses: no worker is left');
  thaw(a!);
  await coordinator.seen('worker 2 joined: a');
  expect(await coordinator.bits()).toEqual(await baseline(run));
  const { exitCode, stderr } = await a!.ended;
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toMatch(/as worker 1 [\s\S]*not connected: .*[\s\S]*as worker 2 /);
});

test('the coordinator is stopped beyond the heartbeat timeout: nobody is evicted', async () => {
  const cluster = await Cluster.start();
  const coordinator = await cluster.coordinator([...run, ...impatient, '--min-workers', '2']);
  const workers = await cluster.workers(coordinator, 2);
  await coordinator.seen('Training 109,386 parameters');
  await freeze(coordinator);
  await seconds(5);
  thaw(coordinator);
  await coordinator.seen('Epoch 1/5');
  await freeze(coordinator);
  await seconds(3);
  expect(coordinator.stderr()).not.toContain('Epoch 5/5');
  thaw(coordinator);
  expect(await coordinator.bits()).toEqual(await baseline(run));
  expect(coordinator.stderr()).not.toMatch(/heartbeatTimeout|connection was lost|worker 3/);
  for (const { ended } of workers) expect(await ended).toMatchObject({ exitCode: 0 });
});

test('all workers go, and one comes back', async () => {
  const cluster = await Cluster.start();
  const coordinator = await cluster.coordinator([...run, ...patient, '--min-workers', '2']);
  const workers = await cluster.workers(coordinator, 2);
  await coordinator.seen('Training 109,386 parameters');
  for (const { child } of workers) child.kill('SIGKILL');
  await coordinator.seen('The run pauses: no worker is left');
  expect(times(coordinator.stderr(), /left: the connection was lost/)).toBe(2);
  cluster.worker(coordinator.url, 'c');
  await coordinator.seen('The run goes on: worker 3 is ready');
  expect(await coordinator.bits()).toEqual(await baseline(run));
});

test('a block that takes longer than the heartbeat timeout is no silence', async () => {
  // a step is one block of some seconds; at the second one the worker knows how long they are
  const shape = ['--epochs', '2', '--shards', '1', '--val-size', '256'];
  const vast = [...shape, '--batch-size', '24000', '--limit-train', '24000'];
  // as wide as this machine needs for that
  for (let width = 1024; ; width *= 2) {
    const flags = [...vast, '--hidden', `${width},${width}`];
    const cluster = await Cluster.start();
    const coordinator = await cluster.coordinator([...flags, ...impatient]);
    await cluster.workers(coordinator, 1);
    expect(await coordinator.bits()).toEqual(await baseline(flags));
    expect(coordinator.stderr()).not.toMatch(/joined: a [\s\S]*left: heartbeatTimeout/);
    const { epochs } = JSON.parse((await coordinator.ended).stdout.trimEnd().split('\n').at(-1)!) as {
      epochs: { samplesPerSecond: number }[];
    };
    const stepSeconds = epochs.map(({ samplesPerSecond }) => 24_000 / samplesPerSecond);
    console.info(`width ${width}: steps of ${stepSeconds.map((one) => one.toFixed(1)).join(' and ')} s`);
    if (Math.min(...stepSeconds) > shortTimeout) break;
  }
});
