// `lockstep compare`, as it is typed: equal runs, runs that differ, and runs that are not finished.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/run-cli.ts';
import { contentOf, dieAt, runOnDisk } from '../support/run-on-disk.ts';
import { writeTinyData } from '../support/tiny-data.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-compare-'));
  const data = join(folder, 'data');
  await writeTinyData(data, { train: 340, test: 40, classes: 4 });
  const short = { data, valSize: 50, batchSize: 32, hidden: [12], epochs: 2, threads: 0 };
  const place = (name: string) => ({ out: join(folder, name) });
  await runOnDisk({ ...short, ...place('first') });
  await runOnDisk({ ...short, threads: 2, ...place('same') });
  await runOnDisk({ resume: join(folder, 'first'), from: 10, lr: 0.01, allowChange: ['lr'], ...place('other') });
  await dieAt(13, { ...short, ...place('dead') });
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

const compare = async (...args: string[]) => await runCli(['compare', ...args], { cwd: folder });
const summaryOf = async (name: string) => JSON.parse(await readFile(join(folder, name, 'summary.json'), 'utf8'));

describe('lockstep compare', () => {
  it('says of equal runs that they are, and what differs besides', async () => {
    const before = await contentOf(folder);
    const { exitCode, stdout } = await compare('first', 'same');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^threads +0 +2 +no$/m);
    expect(stdout).not.toContain('lr');
    expect(stdout).toContain('The models are equal to the bit. The last states are equal to the bit.');
    const { digest, stateDigest } = await summaryOf('first');
    expect(stdout.split(digest)).toHaveLength(3);
    expect(stdout.split(stateDigest)).toHaveLength(3);
    expect(await contentOf(folder)).toEqual(before);
  });

  it('shows options, changes, figures and digests of runs that differ, and those that are not finished', async () => {
    const { stdout } = await compare('first', 'other', 'dead');
    expect(stdout).toMatch(/^lr +0\.001 +0\.01 +0\.001 +yes$/m);
    expect(stdout).toMatch(/^2 +10 +lr +0\.001 +0\.01$/m);
    expect(stdout).toMatch(/^2( +\d\.\d{4} +\d\.\d{4} +-){4}$/m);
    expect(stdout).toMatch(/^2 +step 10: other parameters after 11 steps$/m);
    expect(stdout).toMatch(/^3 +none that both tell of$/m);
    expect(stdout).toContain('Not all are finished.');
    const { runs, options, partedAfter, sameDigest, sameState } = JSON.parse(
      (await compare('first', 'other', 'dead', '--json')).stdout,
    );
    expect([sameDigest, sameState, partedAfter]).toEqual([null, null, [11, null]]);
    expect(options).toEqual([{ name: 'lr', values: [0.001, 0.01, 0.001], inBits: true }]);
    const { test, digest } = await summaryOf('other');
    expect(runs[1]).toMatchObject({ run: 'other', finished: true, steps: 20, test, digest });
    expect(runs[2]).toMatchObject({ run: 'dead', finished: false, steps: 10, stateStep: 10, digest: null });
    expect(runs[0].epochs).toEqual(JSON.parse(await readFile(join(folder, 'first/history.json'), 'utf8')));
    expect(JSON.parse((await compare('first', 'other', '--json')).stdout)).toMatchObject({
      sameDigest: false,
      sameState: false,
    });
  });

  it('passes over receipts that were changed, and says where none are', async () => {
    const path = join(folder, 'same', 'receipts.jsonl');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/"parameters":"./, '"parameters":"x'));
    const changed = await compare('first', 'same');
    expect(changed.stderr).toContain('receipts.jsonl is passed over: line 1');
    expect(changed.stdout).toContain('unknown: there are no receipts of both');
    await rm(path);
    const { stderr, stdout } = await compare('first', 'same');
    expect([stderr, stdout]).toEqual(['', expect.stringContaining('unknown: there are no receipts of both')]);
  });

  it('refuses what is no run', async () => {
    const { exitCode, stderr } = await compare('first', 'data');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('data is not the folder of a run');
    expect((await compare('first')).exitCode).toBe(2);
  });
});
