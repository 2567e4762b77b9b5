// A run finds its data from any folder, and when both moved together.

import { cp, mkdir, mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { placeOfData, withDataRecorded } from '../../coordinator/run-folder/run-data.ts';
import { resolveOptions } from '../../src/options/config.ts';
import { runCli } from '../support/run-cli.ts';
import { rewrite } from '../support/run-on-disk.ts';
import { writeTinyData } from '../support/tiny-data.ts';

let folder: string;
const small = ['--val-size', '50', '--batch-size', '32', '--hidden', '12', '--threads', '0', '--no-report', '--quiet'];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'lockstep-moved-')));
  await writeTinyData(join(folder, 'a', 'd'), { train: 150, test: 40 });
  await mkdir(join(folder, 'b'));
  const args = ['train', '--data', './d', '--out', 'r', '--epochs', '1', ...small];
  expect((await runCli(args, { cwd: join(folder, 'a') })).exitCode).toBe(0);
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

async function code(cwd: string, ...args: string[]): Promise<number | null> {
  return (await runCli(args, { cwd: join(folder, cwd) })).exitCode;
}

test('its path is recorded in full, and taken from any folder', async () => {
  const config = JSON.parse(await readFile(join(folder, 'a/r/config.json'), 'utf8'));
  expect(config.data).toBe(join(folder, 'a/d'));
  expect(config.record.dataFromRun).toBe(join('..', 'd'));
  expect(await code('.', 'evaluate', 'a/r')).toBe(0);
  expect(await code('b', 'train', '--resume', '../a/r', '--epochs', '2', '--quiet', '--no-report')).toBe(0);
  expect(await code('b', 'train', '--config', '../a/r/config.json', '--out', 'again', '--no-report')).toBe(0);
});

test('both moved together, to evaluate and to go on; from there it is recorded anew', async () => {
  await rename(join(folder, 'a'), join(folder, 'c'));
  expect(await code('b', 'evaluate', '../c/r')).toBe(0);
  expect(await code('b', 'train', '--resume', '../c/r', '--out', 'else', '--epochs', '2', '--no-report')).toBe(0);
  expect(await code('b', 'train', '--resume', '../c/r', '--epochs', '2', '--quiet', '--no-report')).toBe(0);
  const { data } = JSON.parse(await readFile(join(folder, 'c/r/config.json'), 'utf8'));
  expect(data).toBe(join(folder, 'c/d'));
  const other = JSON.parse(await readFile(join(folder, 'b/else/config.json'), 'utf8'));
  expect(other.record.dataFromRun).toBe(join('..', '..', 'c', 'd'));
});

test('what 0.1.0 recorded as it was typed is found above the run folder', async () => {
  await rewrite(join(folder, 'a/r/config.json'), (bytes) => {
    const { record, ...config } = JSON.parse(bytes.toString());
    const { dataFromRun: _, ...older } = record;
    return Buffer.from(JSON.stringify({ ...config, data: './d', record: older }));
  });
  expect(await code('.', 'evaluate', 'a/r')).toBe(0);
});

test('the advice where they are gone names what can be done, and other data in their place are refused', async () => {
  await cp(join(folder, 'a'), join(folder, 'c'), { recursive: true });
  await rm(join(folder, 'a'), { recursive: true });
  await rename(join(folder, 'c/d'), join(folder, 'c/gone'));
  for (const args of [
    ['evaluate', 'c/r'],
    ['train', '--resume', 'c/r', '--epochs', '2'],
  ]) {
    const { exitCode, stderr } = await runCli(args, { cwd: folder });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("or put the run's data back there");
    expect(stderr).not.toContain('leave --data out');
  }
  await writeTinyData(join(folder, 'c/d'), { train: 150, test: 40, seed: 2 });
  expect((await runCli(['evaluate', 'c/r'], { cwd: folder })).stderr).toContain('not those that it was trained on');
});

test('the way there, and what cannot be found stays as it was recorded', async () => {
  const at = (data: string | null, run: string | null) => {
    const { options, dataFromRun } = withDataRecorded(resolveOptions({ data }, null), run);
    return [options.data, dataFromRun];
  };
  expect(at(null, 'r')).toEqual([null, null]);
  expect(at('/x/d', '/x/d')).toEqual(['/x/d', '.']);
  expect(at('/x/d', '/x/runs/r')).toEqual(['/x/d', join('..', '..', 'd')]);
  expect(at('/x/d', null)).toEqual(['/x/d', null]);
  await writeFile(join(folder, 'file'), '');
  expect(placeOfData(join(folder, 'a/r'), '/nowhere/d', '../no')).toBe('/nowhere/d');
  expect(placeOfData(join(folder, 'a/r'), null, null)).toBe(null);
});
