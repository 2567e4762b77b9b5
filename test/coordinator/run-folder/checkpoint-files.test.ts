import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  recover,
  removeFolderWhole,
  WriteFailure,
  writeFolderWhole,
} from '../../../coordinator/run-folder/checkpoint-files.ts';
import { flush } from '../../../coordinator/run-folder/flush.ts';
import { withFolder } from '../../support/tiny-data.ts';

const old = new Map([
  ['a', 'old a'],
  ['b', 'old b'],
]);
const fresh = new Map([
  ['a', 'new a'],
  ['b', 'new b'],
]);

async function contentOf(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')])),
  );
}

describe('writeFolderWhole', () => {
  it('writes a folder, and over one', async () => {
    await withFolder(async (folder) => {
      for (const files of [old, fresh]) {
        await writeFolderWhole(folder, 'x', files);
        expect(await contentOf(join(folder, 'x'))).toEqual(Object.fromEntries(files));
        expect(await readdir(folder)).toEqual(['x']);
      }
    });
  });

  it('flushes each file, the folder, and the folder above, in this order', async () => {
    await withFolder(async (folder) => {
      const order: string[] = [];
      await writeFolderWhole(folder, 'x', old, async (file) => {
        const kind = (await file.stat()).isDirectory() ? 'folder' : 'file';
        order.push(`${kind}, ${await readdir(folder)}`);
      });
      expect(order).toEqual(['file, .new-x', 'file, .new-x', 'folder, .new-x', 'folder, x']);
    });
  });

  it.each([0, 1, 2, 3])('leaves what was there, or the new one, when flush %d fails', async (failing) => {
    await withFolder(async (folder) => {
      await writeFolderWhole(folder, 'before', old);
      await writeFolderWhole(folder, 'x', old);
      let count = 0;
      const fail = writeFolderWhole(folder, 'x', fresh, async (file) => {
        if (count++ === failing) throw Object.assign(new Error('bad disk'), { code: 'EIO' });
        await flush(file);
      });
      await expect(fail).rejects.toThrow(WriteFailure);
      await fail.catch((error: WriteFailure) => {
        expect(error.path).toContain(join(folder, 'x'));
        expect(error.bytes).toBe([5, 5, 10, 10][failing]);
        expect(error.cause).toMatchObject({ code: 'EIO' });
      });
      await recover(folder);
      expect(await readdir(folder)).toEqual(['before', 'x']);
      expect(await contentOf(join(folder, 'before'))).toEqual(Object.fromEntries(old));
      expect(await contentOf(join(folder, 'x'))).toEqual(Object.fromEntries(failing < 3 ? old : fresh));
    });
  });
});

describe('removeFolderWhole', () => {
  it('flushes the folder above before the first file goes, and keeps all of them when that fails', async () => {
    await withFolder(async (folder) => {
      await writeFolderWhole(folder, 'x', old);
      const seen: string[][] = [];
      await removeFolderWhole(folder, 'x', async () => {
        seen.push(await readdir(folder), await readdir(join(folder, '.gone-x')));
      });
      expect(seen).toEqual([['.gone-x'], ['a', 'b']]);
      expect(await readdir(folder)).toEqual([]);
      await writeFolderWhole(folder, 'x', old);
      const failing = async () => {
        throw Object.assign(new Error('bad disk'), { code: 'EIO' });
      };
      await expect(removeFolderWhole(folder, 'x', failing)).rejects.toThrow('bad disk');
      expect(await readdir(join(folder, '.gone-x'))).toEqual(['a', 'b']);
    });
  });
});

describe('recover', () => {
  it('flushes what it brought back', async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, '.old-x'));
      const seen: string[][] = [];
      await recover(folder, async () => {
        seen.push(await readdir(folder));
      });
      expect(seen).toEqual([['x']]);
    });
  });

  it('brings back what was being replaced, and removes the rest', async () => {
    await withFolder(async (folder) => {
      for (const name of ['.old-x', '.new-x', '.old-y', 'y', '.new-z', '.gone-w', 'other']) {
        await mkdir(join(folder, name));
        await writeFile(join(folder, name, 'a'), name);
      }
      await recover(folder);
      expect(await readdir(folder)).toEqual(['other', 'x', 'y']);
      expect(await readFile(join(folder, 'x', 'a'), 'utf8')).toBe('.old-x');
      expect(await readFile(join(folder, 'y', 'a'), 'utf8')).toBe('y');
    });
  });
});
