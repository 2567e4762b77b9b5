// `lockstep bisect`, as it is typed: exit codes, text, JSON, and bad usage.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/run-cli.ts';
import { runOnDisk } from '../support/run-on-disk.ts';
import { writeTinyData } from '../support/tiny-data.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-bisect-'));
  const data = join(folder, 'data');
  await writeTinyData(data, { train: 340, test: 40, classes: 4 });
  const short = { data, valSize: 50, batchSize: 32, hidden: [12], epochs: 2, threads: 0 };
  const place = (name: string) => ({ out: join(folder, name) });
  await runOnDisk({ ...short, ...place('first') });
  await runOnDisk({ ...short, ...place('same') });
  await runOnDisk({ resume: join(folder, 'first'), from: 10, lr: 0.01, allowChange: ['lr'], ...place('other') });
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

const bisect = async (...args: string[]) => await runCli(['bisect', ...args], { cwd: folder });

describe('lockstep bisect', () => {
  it('ends with 0 where no state differs, and computes nothing', async () => {
    const { exitCode, stdout, stderr } = await bisect('first', 'same');
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^First state that differs +none is known$/m);
  });

  it('ends with 3 where one does, and says which and why', async () => {
    const { exitCode, stdout, stderr } = await bisect('first', 'other', '--threads', '2');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('Computing both again: 2 steps at most, to compare the states after 10 to 11 steps');
    expect(stdout).toMatch(/^First state that differs +after 11 steps$/m);
    expect(stdout).toMatch(/^Step that made it +10 \(epoch 2, its step 0\)$/m);
    expect(stdout).toMatch(/^lr +0\.001 +0\.01$/m);
    expect(stdout).toMatch(/^fc1\.weight +\d+ +9408 /m);
    expect(stdout).toContain('Computed again they part there as well: lr differs at that step.');
    expect(stdout).toContain('A comes to what it says of that state (the hash in its receipts).');
    const json = await bisect('first', 'other', '--json');
    expect(json.exitCode).toBe(3);
    expect(JSON.parse(json.stdout)).toMatchObject({ firstDifference: 11, computed: { comesToIt: [true, true] } });
  });

  it.each([
    [['first'], /b/],
    [['first', 'data'], /data is not the folder of a run/],
    [['first', 'other', '--data', 'nowhere'], /nowhere/],
    [['first', 'other', '--step', '3'], /--step/],
  ])('refuses %j in words', async (args, words) => {
    const { exitCode, stderr, stdout } = await bisect(...args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(words);
  });
});
