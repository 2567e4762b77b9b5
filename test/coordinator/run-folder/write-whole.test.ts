// A file that is written whole is on the disk, and its name too: after a power cut either the old content or the new is there.

import { readlinkSync } from 'node:fs';
import { readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Flush } from '../../../coordinator/run-folder/flush.ts';
import { writeWhole } from '../../../coordinator/run-folder/write-whole.ts';
import { withFolder } from '../../support/tiny-data.ts';

test('its content is flushed before it has its name, and the folder after that', async () => {
  await withFolder(async (made) => {
    const folder = await realpath(made);
    await writeFile(join(folder, 'a'), 'old');
    const seen: [string, string][] = [];
    const flushed: Flush = async (file) => {
      seen.push([readlinkSync(`/proc/self/fd/${file.fd}`), await readFile(join(folder, 'a'), 'utf8')]);
      await file.sync();
    };
    await writeWhole(join(folder, 'a'), 'new', flushed);
    expect(seen).toEqual([
      [join(folder, '.a.tmp'), 'old'],
      [folder, 'new'],
    ]);
  });
});

test.each([
  [0, 'old'],
  [1, 'new'],
])('when flush %d fails, that is told, and the file is whole: %s', async (fails, content) => {
  await withFolder(async (folder) => {
    await writeFile(join(folder, 'a'), 'old');
    let count = 0;
    const failing: Flush = async () => {
      if (count++ === fails) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    };
    await expect(writeWhole(join(folder, 'a'), 'new', failing)).rejects.toThrow('EIO');
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe(content);
    expect(await readdir(folder)).toEqual(['a']);
  });
});
