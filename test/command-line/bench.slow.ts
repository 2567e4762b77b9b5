// lockstep bench and plan for real: threads, nodes on loopback, and what a plan makes of it. No figure is asserted, but that there
// are some.

import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { benchResultOf } from '../../coordinator/speed/bench-result.ts';
import { expectError, runCli, startCli } from '../support/run-cli.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'lockstep-bench-'));
});
afterAll(async () => await rm(cwd, { recursive: true, force: true }));

it('measures, compares and plans', async () => {
  const quick = ['bench', '--quick', '--seconds', '2', '--hidden', '16', '--batch-size', '64', '--json'];
  // which its nodes need as much as its coordinator
  const env = { LOCKSTEP_TOKEN: 'known to the whole machine' };
  const { exitCode, stdout, stderr } = await runCli(quick, { cwd, env });
  expect(exitCode, stderr).toBe(0);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toContain('generated images');
  const result = benchResultOf(stdout);
  if ('why' in result) throw new Error(result.why);
  expect(result.options).toMatchObject({ hidden: [16], batchSize: 64, shards: 8, data: null });
  expect(result.network.widths).toEqual([784, 16, 10]);
  const { threads, cluster, engines, kernels } = result;
  const rates = [...threads, ...engines].map(({ samplesPerSecond }) => samplesPerSecond!.median);
  const times = [...kernels.blocks, ...kernels.commits].map(({ milliseconds }) => milliseconds.median);
  for (const value of [...rates, ...times, cluster.other.stepMs.median]) expect(value).toBeGreaterThan(0);
  expect(cluster.asked.map(({ nodes }) => nodes)).toEqual([1, 2]);
  // parameters and a tree node, each with its header; both may be packed
  for (const { sentBytes, receivedBytes, vectorBytes, nodes } of cluster.asked) {
    expect(sentBytes / nodes).toBeGreaterThan(0.75 * vectorBytes);
    expect(receivedBytes / nodes).toBeGreaterThan(0.4 * vectorBytes);
  }
  for (const { bytes } of [...kernels.blocks, kernels.parameters]) {
    expect(bytes).toBeLessThanOrEqual(result.network.vectorBytes);
  }

  await writeFile(join(cwd, 'bench.json'), stdout);
  const planned = await runCli(['plan', '--bench', 'bench.json', '--hidden', '16', '--nodes', '3', '--json'], { cwd });
  expect(planned.exitCode, planned.stderr).toBe(0);
  const { stepMs, byNodes } = JSON.parse(planned.stdout);
  expect(byNodes.map(({ nodes }: { nodes: number }) => nodes)).toEqual([1, 2, 3]);
  expect(stepMs).toBe(byNodes[2].stepMs);

  const again = await runCli([...quick.slice(0, -1), '--compare', 'bench.json'], { cwd });
  expect(again.exitCode, again.stderr).toBe(0);
  expect(again.stdout).toMatch(/^Machine, program and options are the same\.$/m);
});

it('plans by a short measurement of its own', async () => {
  const { exitCode, stdout, stderr } = await runCli(['plan', '--hidden', '16', '--bandwidth', '100Mbit'], { cwd });
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toContain('Speeds: measured now on ');
  expect(stdout).toMatch(/^Does a second machine pay\? (Yes|No): /m);
});

it.each([
  [['bench', '--threads', '0'], /--threads cannot be 0/],
  [['bench', '--compare', 'gone.json'], /The file gone\.json of --compare cannot be used/],
  [
    ['plan', '--bandwidth', '1G'],
    /--bandwidth cannot be 1G\n {2}Why: {2}it must be a number of bits or bytes a second/,
  ],
  [['plan', '--latency', '5'], /--latency cannot be 5\n {2}Why: {2}it must be a time with its unit/],
  [['plan', '--nodes', '0'], /--nodes cannot be 0/],
])('refuses %j', async (args, message) => {
  expectError(await runCli(args, { cwd }), 2, message);
});

it.each([
  ['SIGINT', 130, 'Warmed up'],
  ['SIGTERM', 143, 'generated images'],
] as const)('ends by %s, and leaves no process', async (signal, code, at) => {
  const running = startCli(['bench', '--quick', '--json'], { cwd });
  await running.seen(at);
  running.child.kill(signal);
  const { exitCode, stdout, stderr } = await running.ended;
  expect(exitCode, stderr).toBe(code);
  expect(stderr).toContain(`Error: lockstep bench was interrupted\n  Why:  ${signal} arrived\n`);
  expect(stdout).toBe('');
  // its nodes were killed with it, and are gone when the system has seen to that
  while (processesIn(cwd).length > 0) await new Promise<void>((resolve) => setImmediate(resolve));
});

/** Processes that were started in a folder; none where the system does not tell. */
function processesIn(folder: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === folder;
    } catch {
      return false;
    }
  });
}
