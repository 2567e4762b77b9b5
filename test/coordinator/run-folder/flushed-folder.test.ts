// A folder's name is on the disk before anything is put into it, whatever became of it before.

import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FlushedFolder } from '../../../coordinator/run-folder/flushed-folder.ts';
import { withFolder } from '../../support/tiny-data.ts';

test('is flushed again where that failed, and where it was gone; a parent before its child', async () => {
  await withFolder(async (folder) => {
    const [outer, inner] = [join(folder, 'a'), join(folder, 'a/b')];
    const names = new Map<number, string>();
    const flushed: (string | undefined)[] = [];
    let failing = '';
    const flush = async (file: { stat(): Promise<{ ino: number }> }) => {
      const name = names.get((await file.stat()).ino) ?? 'a';
      flushed.push(name);
      if (name === failing) throw Object.assign(new Error('bad disk'), { code: 'EIO' });
    };
    names.set((await stat(folder)).ino, 'folder');
    const made = new FlushedFolder(inner, flush, new FlushedFolder(outer, flush));
    for (const one of ['folder', 'a']) {
      failing = one;
      await expect(made.make()).rejects.toThrow('bad disk');
    }
    failing = '';
    await made.make();
    await made.make();
    expect(flushed).toEqual(['folder', 'folder', 'a', 'a']);
    await rm(outer, { recursive: true });
    await made.make();
    expect(flushed.slice(4)).toEqual(['folder', 'a']);
    expect((await stat(inner)).isDirectory()).toBe(true);
  });
});
