// A run folder in which something lies in the place of a file: a folder, a pipe that nobody writes into, a device that never
// ends, a broken link. Nobody waits for it, nothing is lost by it, and it is named.

import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportData } from '../../coordinator/report/report-data.ts';
import { FolderLock } from '../../coordinator/run-folder/folder-lock.ts';
import { LockstepError } from '../../src/errors.ts';
import { wiring } from '../../src/library.ts';
import { refusal } from '../support/refusal.ts';
import { bitsOnDisk, checkpointNames, copyOf, runOnDisk, warningsOf } from '../support/run-on-disk.ts';
import { writeTinyData } from '../support/tiny-data.ts';

let folder: string;
let finished: string;
/** After one epoch more. */
let longer: Awaited<ReturnType<typeof bitsOnDisk>>;
let counter = 0;
const copied = () => copyOf(finished, join(folder, `copy-${counter++}`));
const more = { epochs: 3, threads: 0 } as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-no-files-'));
  const data = join(folder, 'data');
  await writeTinyData(data, { train: 90, test: 20, rows: 8, columns: 8 });
  finished = join(folder, 'finished');
  await runOnDisk({ data, out: finished, epochs: 2, batchSize: 16, shards: 2, valSize: 20, hidden: [8], threads: 0 });
  const run = await copied();
  await runOnDisk({ ...more, resume: run });
  longer = await bitsOnDisk(run);
});
afterAll(() => rm(folder, { recursive: true }));

const others: [string, (path: string) => unknown][] = [
  ['a folder', async (path) => await mkdir(path)],
  ['a pipe', (path) => execFileSync('mkfifo', [path])],
  ['a device', async (path) => await symlink('/dev/zero', path)],
  ['a broken link', async (path) => await symlink('nowhere', path)],
];

/** What the reader says; null where it can do without. */
async function saysOf(reader: () => Promise<unknown>): Promise<string | null> {
  try {
    await reader();
    return null;
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    expect(error.exitCode).toBe(2);
    return error.message;
  }
}

describe.each(others)('%s', (_, make) => {
  test.each([
    'config.json',
    'config.schema.json',
    'history.json',
    'summary.json',
    'model.safetensors',
    'log.json',
    'metrics.om',
  ])('in the place of %s', async (name) => {
    for (const reader of ['report', 'resume', 'go on'] as const) {
      const run = await copied();
      await rm(join(run, name), { force: true });
      await make(join(run, name));
      const said = await saysOf(async () => {
        if (reader === 'report') return await reportData(run, null, wiring);
        return await runOnDisk({ ...(reader === 'resume' ? { threads: 0 } : more), resume: run });
      });
      if (said !== null) {
        expect(said).toContain(name === 'model.safetensors' ? 'model' : name);
        // nothing was begun, and so nothing is gone
        expect(await checkpointNames(run)).toHaveLength(2);
        continue;
      }
      if (reader === 'go on') expect(await bitsOnDisk(run)).toEqual(longer);
      if (reader === 'resume') expect(await bitsOnDisk(run)).toEqual(await bitsOnDisk(finished));
    }
  });

  test('in the place of a part of a checkpoint: it is passed over', async () => {
    const run = await copied();
    const path = join(run, 'checkpoints', 'step-00000010', 'state.safetensors');
    await rm(path);
    await make(path);
    const ran = await runOnDisk({ ...more, resume: run });
    expect(warningsOf(ran)[0]).toMatch(/step-00000010 is passed over: it cannot be read/);
    expect(await bitsOnDisk(run)).toEqual(longer);
  });

  test('with the name of what a killed process left', async () => {
    const run = await copied();
    await make(join(run, '.metrics.om.tmp'));
    await make(join(run, '.mine.tmp'));
    await runOnDisk({ ...more, resume: run });
    expect(await bitsOnDisk(run)).toEqual(longer);
  });

  test('with the name of a lock', async () => {
    const run = await copied();
    await make(join(run, '.lock-1'));
    const said = await saysOf(() => runOnDisk({ ...more, resume: run }));
    if (said === null) expect(await bitsOnDisk(run)).toEqual(longer);
    else expect(said).toContain('cannot be locked');
  });
});

test('a file in the place of the checkpoints is named', async () => {
  const run = await copied();
  await rm(join(run, 'checkpoints'), { recursive: true });
  await writeFile(join(run, 'checkpoints'), 'x');
  const error = await refusal(() => runOnDisk({ ...more, resume: run }));
  expect(error.what).toBe(`${run}/checkpoints cannot be read`);
  expect(await readdir(run)).toContain('summary.json');
});

test('a stray lock with a number that has no next one lets two no more in than one', async () => {
  const place = await mkdtemp(join(folder, 'lock-'));
  await writeFile(join(place, '.lock-99999999999999999999999'), '{}');
  const lock = await FolderLock.take(place, () => {});
  expect((await refusal(() => FolderLock.take(place, () => {}))).what).toContain('is in use');
  await lock.release();
});

test.each([
  'null',
  '7',
  '{}',
  '{"pid":-1,"token":"x","host":"h","place":"p","born":null}',
  '{"pid":1.5,"token":"x","host":"h","place":"p","born":null}',
  '{"pid":1,"token":"x"}',
  '{"pid":1,"token":"x","host":7,"place":{},"born":3}',
])('a lock that says %s is nobody', async (text) => {
  const place = await mkdtemp(join(folder, 'lock-'));
  await writeFile(join(place, '.lock-4'), text);
  const lock = await FolderLock.take(place, () => {}, { touchMs: 5, goneMs: 20 });
  expect(await readdir(place)).toEqual(['.lock-5']);
  await lock.release();
});
