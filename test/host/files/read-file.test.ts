import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfigFile } from '../../../src/host/files/config-file.ts';
import { readNamed, readRegularFile } from '../../../src/host/files/read-file.ts';
import { readToken } from '../../../src/host/files/secret-files.ts';
import { refusal } from '../../support/refusal.ts';
import { withFolder } from '../../support/tiny-data.ts';

const whyOf = async (path: string, most = 100) =>
  await readRegularFile(path, most).then(
    () => 'read',
    (error: Error) => error.message,
  );

describe('readRegularFile', () => {
  it('reads files of any size up to what was agreed', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'a file\nwith a name');
      for (const bytes of [0, 1, 99, 100]) {
        await writeFile(path, 'x'.repeat(bytes));
        expect(await readRegularFile(path, 100)).toHaveLength(bytes);
      }
      await writeFile(path, 'x'.repeat(101));
      expect(await whyOf(path)).toBe('it has 101 bytes or more, and such a file may have 100');
      // sparse: nothing of it may be allocated
      await truncate(path, 2 ** 40);
      expect(await whyOf(path)).toContain(`${2 ** 40} bytes`);
    });
  });

  it.runIf(process.platform === 'linux')('bounds a file that does not tell its size', async () => {
    expect(await readRegularFile('/proc/self/status', 100_000)).not.toHaveLength(0);
    expect(await whyOf('/proc/self/status')).toContain('such a file may have 100');
  });

  it.skipIf(process.platform === 'win32')('opens nothing that is no file', async () => {
    await withFolder(async (folder) => {
      const at = (name: string) => join(folder, name);
      execFileSync('mkfifo', [at('pipe')]);
      await mkdir(at('folder'));
      const server = createServer().listen(at('socket'));
      await once(server, 'listening');
      await symlink(at('pipe'), at('link'));
      await symlink(at('loop'), at('loop'));
      expect(await whyOf(at('pipe'))).toBe('it is a pipe, not a file');
      expect(await whyOf(at('link'))).toBe('it is a pipe, not a file');
      expect(await whyOf(at('folder'))).toBe('it is a folder, not a file (EISDIR)');
      expect(await whyOf(at('socket'))).toBe('it is a socket, not a file');
      expect(await whyOf('/dev/zero')).toBe('it is a device, not a file');
      expect(await whyOf('/dev/tty')).toBe('it is a device, not a file');
      expect(await whyOf(at('loop'))).toContain('ELOOP');
      server.close();
    });
  });
});

describe.skipIf(process.platform === 'win32')('readNamed', () => {
  it('reads what another command writes into a pipe, also later', async () => {
    await withFolder(async (folder) => {
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const write = async (text: string) => await once(spawn('sh', ['-c', `printf '${text}' > ${pipe}`]), 'exit');
      const [config] = await Promise.all([readConfigFile(pipe), write('{"epochs": 3}')]);
      expect(config!.values).toEqual({ epochs: 3 });
      const [token] = await Promise.all([readToken(pipe, () => undefined), write('0123456789abcdef0123456789abcdef')]);
      expect(Buffer.from(token!).toString()).toBe('0123456789abcdef0123456789abcdef');
    });
  });

  it('takes no more from a pipe than from a file', async () => {
    await withFolder(async (folder) => {
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const endless = spawn('sh', ['-c', `exec cat /dev/zero > ${pipe}`]);
      const ended = once(endless, 'exit');
      await expect(readNamed(pipe)).rejects.toThrow('such a file may have 1048576');
      await ended;
    });
  });

  it('is how files are read that a user names', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'large');
      await writeFile(path, '');
      await truncate(path, 2 ** 32);
      expect((await refusal(() => readConfigFile(path))).why).toContain('4294967296 bytes');
      expect((await refusal(() => readToken(path, () => undefined))).why).toContain('4294967296 bytes');
      expect((await refusal(() => readToken('/dev/zero', () => undefined))).why).toBe('it is a device, not a file');
    });
  });
});
