// `lockstep fork`, as it is typed: the run that `train --resume --from --out --allow-change` makes, under one name.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { runCli } from '../support/run-cli.ts';
import { bitsOnDisk, contentOf, runOnDisk } from '../support/run-on-disk.ts';
import { writeTinyData } from '../support/tiny-data.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-fork-'));
  const data = join(folder, 'data');
  await writeTinyData(data, { train: 340, test: 40, classes: 4 });
  const short = { data, valSize: 50, batchSize: 32, hidden: [12], epochs: 2, threads: 0, keepLast: 100 };
  await runOnDisk({ ...short, checkpointEvery: 5, out: join(folder, 'run') });
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

const fork = async (...args: string[]) => await runCli(['fork', 'run', '--no-report', ...args], { cwd: folder });
const configOf = async (name: string) => JSON.parse(await readFile(join(folder, name, 'config.json'), 'utf8'));

describe('lockstep fork', () => {
  it.each<[string, string, string[], Partial<TrainOptions>]>([
    ['lr', '15', ['--lr', '0.01'], { lr: 0.01, allowChange: ['lr'] }],
    ['without', '5', ['--without', '17,5,100-120'], { without: '5,17,100-120', allowChange: ['without'] }],
    ['more', '10', ['--batch-size', '48', '--epochs', '3'], { batchSize: 48, epochs: 3, allowChange: ['batchSize'] }],
    ['same', '10', [], {}],
  ])('%s: from step %s on, with %j', async (name, at, args, options) => {
    const before = await contentOf(join(folder, 'run'));
    const { exitCode, stderr } = await fork('--at', at, '--out', name, '--threads', '2', ...args);
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining(`Resuming run from step ${at}`)]);
    const resumed = join(folder, `${name}-resumed`);
    await runOnDisk({ resume: join(folder, 'run'), from: Number(at), out: resumed, ...options });
    expect(await bitsOnDisk(join(folder, name))).toEqual(await bitsOnDisk(resumed));
    expect((await configOf(name)).record.changes).toEqual((await configOf(`${name}-resumed`)).record.changes);
    expect(await contentOf(join(folder, 'run'))).toEqual(before);
  });

  it('a change that nothing is trained with is told of', async () => {
    const changed = await fork('--at', 'last', '--out', 'vain', '--lr', '0.01');
    expect(changed.exitCode).toBe(0);
    expect(changed.stderr).toMatch(/Warning: The run ends at step 20, .*nothing is trained with another lr/);
    const longer = await fork('--at', 'last', '--out', 'longer', '--lr', '0.01', '--epochs', '3');
    expect(longer.stderr).not.toMatch(/nothing is trained/);
  });

  it('a preset is what it stands for', async () => {
    expect((await fork('--at', '10', '--out', 'best', '--preset', 'best', '--epochs', '3')).exitCode).toBe(0);
    const { schedule, batchSize, select, record } = await configOf('best');
    expect([schedule, batchSize, select]).toEqual(['onecycle', 256, 'best']);
    expect(record.changes.map(({ name }: { name: string }) => name)).toContain('schedule');
  });

  it.each([
    [['--at', '7', '--out', 'x'], /no checkpoint of step 7.*5, 10, 15, 20/s],
    [['--out', 'x'], /--at is missing/],
    [['--at', '5'], /--out is missing/],
    [['--at', '5', '--out', 'x', '--hidden', '9'], /network of a run cannot be changed/],
    [['--at', '5', '--out', 'x', '--seed', '9'], /seed can only be changed at the end of an epoch/],
    [['--at', '5', '--out', 'x', '--without', '0-339'], /leaves nothing to train on/],
    [['--at', '5', '--out', 'x', '--resume', 'run'], /--resume/],
  ])('refuses %j in words', async (args, words) => {
    const { exitCode, stderr } = await fork(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(words);
  });
});
