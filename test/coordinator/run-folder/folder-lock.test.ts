import { type ChildProcess, spawn } from 'node:child_process';
import { open, readdir, readFile, watch, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FolderLock } from '../../../coordinator/run-folder/folder-lock.ts';
import { ownIdentity } from '../../../coordinator/run-folder/process-identity.ts';
import { refusal } from '../../support/refusal.ts';
import { withFolder } from '../../support/tiny-data.ts';

const quick = { touchMs: 20, goneMs: 100 };
const silent = () => {};

/** The lock file of another process. */
async function leaveLock(folder: string, change: object, number = 1): Promise<string> {
  const path = join(folder, `.lock-${number}`);
  await writeFile(path, JSON.stringify({ ...ownIdentity(), token: `token ${number}`, ...change }));
  return path;
}

const compiled = new URL('../../../dist/coordinator/run-folder/folder-lock.js', import.meta.url).href;

/** A process that takes the lock of a folder, if one is given, and lives until the callback is done. */
async function withProcess<T>(folder: string | null, use: (child: ChildProcess) => Promise<T>): Promise<T> {
  const take = `const { FolderLock } = await import('${compiled}'); await FolderLock.take(process.argv[1], () => {});`;
  const script = `${folder === null ? '' : take} process.stdin.resume(); process.stdout.write('up');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder ?? '']);
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    await new Promise((resolve) => child.stdout.once('data', resolve));
    return await use(child);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

describe('FolderLock', () => {
  it('is held by one, and leaves nothing', async () => {
    await withFolder(async (folder) => {
      const lock = await FolderLock.take(folder, silent);
      const error = await refusal(() => FolderLock.take(folder, silent));
      expect(error.message).toContain(`process ${process.pid} on ${hostname()} is training there`);
      expect(error.exitCode).toBe(2);
      await lock.release();
      expect(await readdir(folder)).toEqual([]);
      await (await FolderLock.take(folder, silent)).release();
    });
  });

  it('goes to exactly one of many that find the same dead holder', async () => {
    await withFolder(async (folder) => {
      for (let round = 0; round < 20; round++) {
        await leaveLock(folder, { born: '1' }, 3);
        const ends = await Promise.allSettled(Array.from({ length: 8 }, () => FolderLock.take(folder, silent)));
        const got = ends.flatMap((end) => (end.status === 'fulfilled' ? end.value : []));
        expect(got).toHaveLength(1);
        await got[0]!.release();
        expect(await readdir(folder)).toEqual([]);
      }
    });
  });

  it('is not taken from a process that lives, and is from one that was killed', async () => {
    await withFolder(async (folder) => {
      await withProcess(folder, async ({ pid }) => {
        expect((await refusal(() => FolderLock.take(folder, silent))).why).toContain(`process ${pid} on`);
      });
      expect(await readdir(folder)).toEqual(['.lock-1']);
      await (await FolderLock.take(folder, silent)).release();
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it('is taken from a process whose number another one has now', async ({ skip }) => {
    if (ownIdentity().born === null) skip('this system does not say when a process was started');
    await withFolder(async (folder) => {
      await withProcess(null, async ({ pid }) => {
        await leaveLock(folder, { pid, born: '1' });
        await (await FolderLock.take(folder, silent)).release();
      });
    });
  });

  it('is taken over a lock file that its writer did not finish', async () => {
    await withFolder(async (folder) => {
      for (const text of ['', '{"pid": 1']) {
        await writeFile(join(folder, '.lock-1'), text);
        await (await FolderLock.take(folder, silent)).release();
        expect(await readdir(folder)).toEqual([]);
      }
    });
  });

  it('is not taken from a holder elsewhere that touches it, and is when that stops', async () => {
    await withFolder(async (folder) => {
      const path = await leaveLock(folder, { place: 'elsewhere', host: 'other-host', pid: 5 });
      const told: string[] = [];
      // in place, as a holder does; and often enough for whoever looks that long, however busy the machine is
      const file = await open(path, 'r+');
      const text = await readFile(path);
      const touching = setInterval(() => void file.write(text, 0), 10);
      const patient = { ...quick, goneMs: 30_000 };
      const error = await refusal(() => FolderLock.take(folder, (message) => told.push(message), patient));
      clearInterval(touching);
      await file.close();
      expect(error.why).toContain('process 5 on other-host');
      expect(told[0]).toMatch(/was last used by process 5 on other-host: looking for up to 30 s/);
      await (await FolderLock.take(folder, silent, quick)).release();
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it('is touched by its holder', async () => {
    await withFolder(async (folder) => {
      const lock = await FolderLock.take(folder, silent, quick);
      for await (const { eventType, filename } of watch(folder)) {
        if (eventType === 'change' && filename === '.lock-1') break;
      }
      expect(JSON.parse(await readFile(join(folder, '.lock-1'), 'utf8')).pid).toBe(process.pid);
      await lock.release();
    });
  });

  it('explains a folder that it cannot write to', async () => {
    await withFolder(async (folder) => {
      const error = await refusal(() => FolderLock.take(join(folder, 'none'), silent));
      expect(error.message).toMatch(/none cannot be locked.*ENOENT/);
    });
  });
});
