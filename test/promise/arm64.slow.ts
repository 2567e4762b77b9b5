// The same bits on another kind of processor: Node for arm64, emulated by Debian's qemu-user, trains alone and beside an x64 worker.
// Needs dist/ (npm run build). Skipped, with the reason, where the emulator or that Node cannot be had.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { emulatedArm64 } from '../support/node-release.ts';
import { baseline, bitsOfRun, Cluster } from '../support/processes.ts';
import { runCli } from '../support/run-cli.ts';

const node = emulatedArm64();
const folder = await mkdtemp(join(tmpdir(), 'lockstep-arm64-'));
afterAll(() => rm(folder, { recursive: true }));

const run = ['--epochs', '1', '--limit-train', '4000', '--val-size', '256', '--max-steps'];

describe.skipIf(node === null)('on arm64', () => {
  test('a single worker', async () => {
    const [steps, out] = [[...run, '60'], join(folder, 'run')];
    const args = ['train', ...steps, '--threads', '0', '--out', out, '--json', '--no-report'];
    const emulated = await runCli(args, { cwd: folder, node: node! });
    expect(await bitsOfRun(emulated, out)).toEqual(await baseline(steps));
  });

  test('a worker of a run that an x64 machine coordinates and works for', async () => {
    const steps = [...run, '20'];
    const cluster = await Cluster.start();
    const coordinator = await cluster.coordinator([...steps, '--min-workers', '2']);
    cluster.worker(coordinator.url, 'arm64', [], { node: node! });
    await coordinator.seen(/worker 1 joined: arm64 /);
    cluster.worker(coordinator.url, 'x64');
    expect(await coordinator.bits()).toEqual(await baseline(steps));
    expect(coordinator.stderr()).not.toMatch(/was lost|evicted/);
  });
});
