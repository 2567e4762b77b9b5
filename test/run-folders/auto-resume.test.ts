// One command that starts a run or goes on with it, as a restart policy runs it, in whatever state the last one left the folder.

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownIdentity } from '../../coordinator/run-folder/process-identity.ts';
import { RunFolder } from '../../coordinator/run-folder/run-folder.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { refusal } from '../support/refusal.ts';
import { runCli } from '../support/run-cli.ts';
import { bitsOnDisk, contentOf, dieAt, runOnDisk } from '../support/run-on-disk.ts';
import { writeTinyData } from '../support/tiny-data.ts';

let folder: string;
let command: Partial<TrainOptions>;
let baseline: Awaited<ReturnType<typeof bitsOnDisk>>;
let counter = 0;
const place = () => join(folder, `run-${counter++}`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-auto-'));
  const data = join(folder, 'data');
  await writeTinyData(data, { train: 350, test: 40, classes: 4 });
  const out = place();
  const short = { data, valSize: 50, batchSize: 32, hidden: [12, 7], epochs: 3, threads: 0 };
  await runOnDisk({ ...short, out });
  baseline = await bitsOnDisk(out);
  command = { ...short, autoResume: true };
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

/** What may be there before the first start. */
const beginnings: Record<string, (out: string) => Promise<void>> = {
  'no folder': async () => undefined,
  'an empty folder': async (out) => void (await mkdir(out)),
  'a fresh volume': async (out) => void (await mkdir(join(out, 'lost+found'), { recursive: true })),
  'the lock of a process that was killed as it began': async (out) => {
    await mkdir(out);
    await writeFile(join(out, '.lock-1'), JSON.stringify({ token: 'x', ...ownIdentity(), born: '1' }));
    await writeFile(join(out, '.config.json.tmp'), '{');
  },
};

test.each(Object.keys(beginnings))('%s: starts, goes on after deaths, and tells a finished run', async (name) => {
  const out = place();
  await beginnings[name]!(out);
  await dieAt(4, { ...command, out }); // before its first checkpoint
  await dieAt(14, { ...command, out });
  await writeFile(join(out, '.lock-9'), JSON.stringify({ token: 'x', ...ownIdentity(), born: '1' }));
  const { summary } = await runOnDisk({ ...command, out });
  expect(await bitsOnDisk(out)).toEqual(baseline);
  const before = await contentOf(out);
  expect((await runOnDisk({ ...command, out })).summary).toEqual(summary);
  expect(await contentOf(out)).toEqual(before);
});

test('a run that is in use is refused, begun or not', async () => {
  const out = place();
  const holder = await RunFolder.create(out, {});
  await rm(join(out, 'config.json'));
  expect((await refusal(() => runOnDisk({ ...command, out }))).what).toContain('in use');
  await holder.close();
  await rm(out, { recursive: true });

  await dieAt(14, { ...command, out });
  const other = await RunFolder.open(out, () => undefined);
  const error = await refusal(() => runOnDisk({ ...command, out }));
  expect(error.what).toContain('in use');
  expect(error.exitCode).toBe(2);
  await other.close();
});

test('what is no run is not written over, and a damaged one does not begin anew', async () => {
  const out = place();
  await mkdir(out);
  await writeFile(join(out, 'thesis.txt'), 'mine');
  expect((await refusal(() => runOnDisk({ ...command, out }))).why).toContain('thesis.txt');
  expect(await readdir(out)).toEqual(['thesis.txt']);
  await writeFile(join(out, 'config.json'), '{');
  expect((await refusal(() => runOnDisk({ ...command, out }))).why).toContain('config.json cannot be used');
});

test('another run is begun from where it says, and from then on goes on in its own folder', async () => {
  const source = place();
  await runOnDisk({ ...command, autoResume: false, out: source });
  const out = place();
  const onward: Partial<TrainOptions> = { autoResume: true, resume: source, from: 10, out };
  await dieAt(24, onward);
  const { events } = await runOnDisk(onward);
  expect(events).toContainEqual(expect.objectContaining({ message: expect.stringMatching(/from step 20,/) }));
  expect(await bitsOnDisk(out)).toEqual(baseline);
});

test('by the command line; without --out it is refused', async () => {
  const args = [
    'train',
    '--auto-resume',
    '--data',
    'data',
    '--val-size',
    '50',
    '--batch-size',
    '32',
    '--hidden',
    '12,7',
  ];
  const all = [...args, '--epochs', '3', '--threads', '0', '--no-report', '--json', '--out', 'by-flags'];
  const first = await runCli(all, { cwd: folder });
  const second = await runCli(all, { cwd: folder });
  expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
  expect(second.stdout).toBe(first.stdout);
  expect(JSON.parse(first.stdout).digest).toBe(baseline.digest);
  const refused = await runCli(args, { cwd: folder });
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('--auto-resume needs --out');
});
