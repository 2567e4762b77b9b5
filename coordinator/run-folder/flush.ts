// Sees to it that what was written is on the disk. Apart from the rest so that tests can let it fail.

import { type FileHandle, open } from 'node:fs/promises';
import { codeOf } from '../../src/host/files/io-reason.ts';

export type Flush = (file: FileHandle) => Promise<void>;

export const flush: Flush = async (file) => await file.sync();

/** A folder's entries: renames and new files. */
export async function flushFolder(path: string, flushed: Flush = flush): Promise<void> {
  const folder = await open(path, 'r').catch((error: unknown) => {
    // Windows opens no folders
    if (['EISDIR', 'EPERM', 'EACCES'].includes(codeOf(error) ?? '')) return null;
    throw error;
  });
  if (folder === null) return;
  try {
    await flushed(folder);
  } catch (error) {
    // file systems that know no such thing
    if (!['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM'].includes(codeOf(error) ?? '')) throw error;
  } finally {
    await folder.close();
  }
}
