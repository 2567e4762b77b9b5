// Writes a file whole or not at all: aside, under a dot name in the same folder, to the disk, and then renamed. Knows
// nothing of run folders, and does not explain errors.

import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Flush, flush, flushFolder } from './flush.ts';

/** Replaces a file of that name. When it fails, the old file (or none) is there, and nothing else. */
export async function writeWhole(path: string, data: string | Uint8Array, flushed: Flush = flush): Promise<void> {
  const aside = join(dirname(path), `.${basename(path)}.tmp`);
  try {
    const file = await open(aside, 'w');
    try {
      await file.writeFile(data);
      // Before the rename: else a crash could leave the new name with no content behind it.
      await flushed(file);
    } finally {
      await file.close();
    }
    await rename(aside, path);
    // the name is on the disk only when the folder is
    await flushFolder(dirname(path), flushed);
  } catch (error) {
    // The first error is the one to tell, whatever becomes of the rest.
    await rm(aside, { force: true }).catch(() => {});
    throw error;
  }
}

/** Whether it is the name of a file that was not written to its end. */
export function isAside(name: string): boolean {
  return name.startsWith('.') && name.endsWith('.tmp');
}
