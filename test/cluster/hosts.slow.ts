// Several hosts for real, each with its own address and cable: a coordinator on one, workers on two others.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Host, makeHosts, netnsMissing } from '../support/netns.ts';
import { baseline, Cluster, type Coordinator, type Running, seconds, times } from '../support/processes.ts';

const missing = netnsMissing();
if (missing !== null) console.info(`Several hosts: skipped, ${missing}`);
const hostsTest = test.skipIf(missing !== null);

const run = ['--epochs', '2', '--batch-size', '256', '--limit-train', '50000'];

interface Site {
  readonly coordinator: Coordinator;
  readonly workers: readonly Running[];
  readonly hosts: readonly Host[];
}

/** The run begins when both workers are there. */
async function start(flags: readonly string[], prepare: (hosts: readonly Host[]) => void = () => {}): Promise<Site> {
  const cluster = await Cluster.start();
  const hosts = makeHosts(3);
  prepare(hosts);
  const token = join(cluster.folder, 'token');
  writeFileSync(token, 'of the hosts\n');
  const [site, ...others] = hosts;
  const listen = ['--listen', '0.0.0.0:0', '--token-file', token, '--min-workers', '2'];
  const coordinator = await cluster.coordinator([...flags, ...listen], { within: site!.within });
  const url = `ws://${site!.address}:${new URL(coordinator.url).port}`;
  const workers: Running[] = [];
  for (const [i, { within }] of others.entries()) {
    const name = 'ab'.charAt(i);
    workers.push(cluster.worker(url, name, ['--token-file', token], { within }));
    await coordinator.seen(new RegExp(`worker ${i + 1} joined: ${name} at 10\\.77\\.0\\.${i + 2}:`));
  }
  return { coordinator, workers, hosts };
}

async function expectEnds({ workers }: Site): Promise<void> {
  for (const { ended } of workers) {
    const { exitCode, stderr } = await ended;
    expect(exitCode, stderr).toBe(0);
  }
}

hostsTest('two workers on hosts of their own', async () => {
  const site = await start(run);
  expect(await site.coordinator.bits()).toEqual(await baseline(run));
  await expectEnds(site);
});

hostsTest('a link that is down for longer than the heartbeat timeout, and up again', async () => {
  const site = await start([...run, '--heartbeat-timeout', '2']);
  const { coordinator, hosts } = site;
  await coordinator.seen('Training 109,386 parameters');
  // of both workers, so that the run waits for them, however fast this machine is
  for (const host of hosts.slice(1)) host.setLink('down');
  await coordinator.seen(/worker 1 \(a\) left: heartbeatTimeout: silent for \d+ ms/);
  await coordinator.seen(/worker 2 \(b\) left: heartbeatTimeout: silent for \d+ ms/);
  await coordinator.seen('The run pauses: no worker is left');
  hosts[1]!.setLink('up');
  await coordinator.seen(/worker 3 joined: a at 10\.77\.0\.2:/);
  await coordinator.seen('The run goes on');
  hosts[2]!.setLink('up');
  expect(await coordinator.bits()).toEqual(await baseline(run));
  expect(times(coordinator.stderr(), /left: heartbeatTimeout/)).toBe(2);
});

hostsTest('the coordinator is cut off for a moment', async () => {
  const site = await start([...run, '--heartbeat-timeout', '60']);
  const { coordinator, hosts } = site;
  await coordinator.seen('Training 109,386 parameters');
  hosts[0]!.setLink('down');
  await seconds(1);
  expect(coordinator.stderr()).not.toContain('Epoch 2/2');
  hosts[0]!.setLink('up');
  expect(await coordinator.bits()).toEqual(await baseline(run));
  expect(coordinator.stderr()).not.toMatch(/worker 3|heartbeatTimeout/);
  await expectEnds(site);
});

hostsTest('a link of 100 Mbit/s', async () => {
  const few = [...run, '--max-steps', '60'];
  const site = await start(few, ([coordinator]) => coordinator!.limitRate(100));
  const begun = performance.now();
  expect(await site.coordinator.bits()).toEqual(await baseline(few));
  const tookSeconds = (performance.now() - begun) / 1000;
  const [, sent, received] = /(\d+) bytes were sent to workers, (\d+) received/.exec(site.coordinator.stderr())!;
  // the link is what takes the time
  const megabits = (8 * Math.max(Number(sent), Number(received))) / 1e6;
  expect(megabits / tookSeconds).toBeLessThan(100);
  const bytes = [sent, received].map((all) => `${(Number(all) / 60 / 2 / 1000).toFixed(0)} kB`).join(' to it, ');
  console.info(`60 steps at 100 Mbit/s: ${bytes} from it, a step and node, in ${tookSeconds.toFixed(1)} s`);
  await expectEnds(site);
});

hostsTest('parameters are packed for the node behind a slow link', async () => {
  const few = [...run, '--max-steps', '150'];
  const site = await start(few, (hosts) => hosts[2]!.limitRate(50));
  expect(await site.coordinator.bits()).toEqual(await baseline(few));
  const told = site.coordinator.stderr().match(/the link of worker.*/g) ?? [];
  // 50 Mbit/s are 6.25 MB/s; of the other link it depends on what else the machine does
  expect(told.find((line) => line.includes('worker 2 passes'))).toMatch(
    /worker 2 passes \d(\.\d)? MB\/s: its parameters are packed from now on/,
  );
  console.info(`Of two links one at 50 Mbit/s: ${told.join('; ')}`);
  await expectEnds(site);
});
