// Runs in a line each: finished, going on, stopped, killed, failed, damaged, of 0.1.0; and folders that are none.

import { execFileSync } from 'node:child_process';
import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { FolderLock } from '../../../coordinator/run-folder/folder-lock.ts';
import { endOf, listRuns, readOverview } from '../../../coordinator/run-folder/run-overview.ts';
import { copyOf } from '../../support/run-on-disk.ts';
import { tinyRun } from '../../support/tiny-run.ts';

const run = tinyRun();
const older = fileURLToPath(new URL('../../golden/run-0.1.0', import.meta.url));
let base: string;
beforeAll(() => {
  base = dirname(run.finished);
});

async function unfinished(): Promise<string> {
  const folder = await run.copied();
  await rm(join(folder, 'summary.json'));
  return folder;
}

const logOf = (last: object) =>
  JSON.stringify({
    processes: [
      {
        started: '2026-01-01T00:00:00.000Z',
        resumed: false,
        environment: {
          program: '1',
          node: '1',
          system: '1',
          processor: '1',
          cores: 1,
          memoryBytes: 1,
          threads: 1,
          nodes: false,
        },
        events: [],
        omitted: 0,
        ended: null,
        ...last,
      },
    ],
  });

describe('a run', () => {
  it('that is finished', async () => {
    expect(await readOverview(run.finished)).toMatchObject({
      name: 'finished',
      state: 'finished',
      reason: null,
      epochs: { done: 2, asked: 2 },
      validation: { epoch: expect.any(Number), loss: expect.any(Number), accuracy: expect.any(Number) },
      test: { loss: expect.any(Number) },
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      config: { seed: 42, hidden: [8] },
    });
  });

  it('that somebody trains now', async () => {
    const folder = await unfinished();
    const lock = await FolderLock.take(folder, () => undefined);
    expect(await readOverview(folder)).toMatchObject({
      state: 'running',
      epochs: { done: 2 },
      test: null,
      digest: null,
    });
    await lock.release();
    expect(await readOverview(folder)).toMatchObject({ state: 'interrupted' });
  });

  it('that somebody on another machine trains, as long as the lock is touched', async () => {
    const folder = await unfinished();
    const lock = join(folder, '.lock-1');
    const holder = { token: 't', pid: 1, host: `${hostname()}-other`, place: 'elsewhere', born: null };
    await writeFile(lock, JSON.stringify(holder));
    expect(await readOverview(folder)).toMatchObject({ state: 'running' });
    await utimes(lock, 1, 1);
    expect(await readOverview(folder)).toMatchObject({ state: 'interrupted' });
    await writeFile(lock, 'half');
    expect(await readOverview(folder)).toMatchObject({ state: 'interrupted' });
  });

  it('that failed says why', async () => {
    const folder = await unfinished();
    await writeFile(join(folder, 'log.json'), logOf({ ended: 'The disk is full: no room', exitCode: 1 }));
    expect(await readOverview(folder)).toMatchObject({ state: 'failed', reason: 'The disk is full: no room' });
  });

  test.each([
    [null, 'interrupted'],
    [{ ended: null }, 'interrupted'],
    [{ ended: 'The run was interrupted: SIGINT arrived', exitCode: 130 }, 'interrupted'],
    [{ ended: 'whatever', exitCode: 143 }, 'interrupted'],
    [{ ended: 'whatever', exitCode: 129 }, 'interrupted'],
    [{ ended: 'The run was stopped: no', exitCode: 1 }, 'failed'],
    [{ ended: 'The run was stopped: its signal was aborted' }, 'interrupted'],
    [{ ended: 'A file cannot be written: why' }, 'failed'],
  ])('that ended with %j', (last, state) => expect(endOf(last).state).toBe(state));

  it('of 0.1.0', async () => {
    expect(await listRuns(older)).toMatchObject([
      { name: 'finished', state: 'finished', epochs: { done: 3, asked: 3 } },
      { name: 'interrupted', state: 'interrupted', epochs: { done: 1, asked: 3 } },
    ]);
  });
});

describe('a run that is damaged says so', () => {
  test.each([
    ['config.json', '{'],
    ['config.json', '{"epochs":3}'],
    ['config.json', '{"epochs":"x"}'],
    ['summary.json', '[]'],
    ['summary.json', '{"digest":1}'],
    ['history.json', '{"a":1}'],
  ])('%s is %s', async (name, content) => {
    const folder = name === 'history.json' ? await unfinished() : await run.copied();
    await writeFile(join(folder, name), content);
    const found = await readOverview(folder);
    expect(found).toMatchObject({ state: 'damaged', digest: null, config: null });
    expect(found!.reason).toContain(name);
  });

  it('with a folder or a pipe in the place of a file', async () => {
    const [first, second] = [await run.copied(), await run.copied()];
    for (const folder of [first, second]) await rm(join(folder, 'summary.json'));
    await mkdir(join(first, 'summary.json'));
    execFileSync('mkfifo', [join(second, 'summary.json')]);
    for (const folder of [first, second]) expect(await readOverview(folder)).toMatchObject({ state: 'damaged' });
  });

  it('but a log that cannot be read changes nothing else', async () => {
    const folder = await unfinished();
    await writeFile(join(folder, 'log.json'), '{');
    expect(await readOverview(folder)).toMatchObject({ state: 'interrupted', epochs: { done: 2 } });
  });
});

describe('a folder', () => {
  it('has its runs listed, and the rest passed over', async () => {
    const folder = join(base, 'several');
    await mkdir(join(folder, 'nothing'), { recursive: true });
    await mkdir(join(folder, 'other'));
    await writeFile(join(folder, 'other', 'config.json'), '{"compilerOptions":{}}');
    await writeFile(join(folder, 'file.txt'), 'x');
    await symlink(join(folder, 'gone'), join(folder, 'dangling'));
    for (const name of ['b', 'B', 'a10', 'a9', 'é']) await copyOf(run.finished, join(folder, name));
    expect((await listRuns(folder)).map(({ name }) => name)).toEqual(['B', 'a10', 'a9', 'b', 'é']);
  });

  it('that is a run is that run', async () => {
    expect(await listRuns(run.finished)).toMatchObject([{ name: 'finished', folder: run.finished }]);
  });

  it('that is not there is told of', async () => {
    await expect(listRuns(join(base, 'no-such'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
