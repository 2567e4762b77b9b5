// A checkpoint's folder on the disk: written whole or not at all, and read back. Knows nothing of what is in the files.
//
// All files are written into a folder with a leading dot and flushed, then that folder is flushed, renamed, and the folder
// above it flushed. So whatever has the right name was complete before it had it.

import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../src/host/files/io-reason.ts';
import { type Flush, flush, flushFolder } from './flush.ts';

const asidePrefix = '.new-';
const replacedPrefix = '.old-';
const removedPrefix = '.gone-';

/** A failure with the file that could not be written. */
export class WriteFailure extends Error {
  readonly path: string;
  readonly bytes: number;

  constructor(path: string, bytes: number, cause: unknown) {
    super(`${path} cannot be written`, { cause });
    this.path = path;
    this.bytes = bytes;
  }
}

export async function writeFolderWhole(
  parent: string,
  name: string,
  files: ReadonlyMap<string, Uint8Array | string>,
  flushed: Flush = flush,
): Promise<void> {
  const aside = join(parent, `${asidePrefix}${name}`);
  const target = join(parent, name);
  const replaced = join(parent, `${replacedPrefix}${name}`);
  let at = { path: target, bytes: total(files) };
  try {
    await rm(aside, { recursive: true, force: true });
    await mkdir(aside);
    for (const [file, data] of files) {
      at = { path: join(target, file), bytes: Buffer.byteLength(data) };
      await writeFlushed(join(aside, file), data, flushed);
    }
    at = { path: target, bytes: total(files) };
    await flushFolder(aside, flushed);
    // A folder that is not empty cannot be renamed over; `recover` brings it back if we die in between.
    const old = await rename(target, replaced).then(
      () => true,
      (error: unknown) => {
        if (codeOf(error) === 'ENOENT') return false;
        throw error;
      },
    );
    await rename(aside, target);
    await flushFolder(parent, flushed);
    if (old) await rm(replaced, { recursive: true, force: true });
  } catch (error) {
    await rm(aside, { recursive: true, force: true }).catch(() => {});
    await rename(replaced, target).catch(() => {});
    throw new WriteFailure(at.path, at.bytes, error);
  }
}

/** Removes a folder so that whatever has the right name is whole at every moment. */
export async function removeFolderWhole(parent: string, name: string, flushed: Flush = flush): Promise<void> {
  const gone = join(parent, `${removedPrefix}${name}`);
  await rename(join(parent, name), gone);
  // before the first of its files goes: a power cut would bring the name back without them
  await flushFolder(parent, flushed);
  await rm(gone, { recursive: true, force: true });
}

/** Tidies up after a process that died in the middle of writing. */
export async function recover(parent: string, flushed: Flush = flush): Promise<void> {
  const names = await readdir(parent);
  for (const name of names.filter((each) => each.startsWith(replacedPrefix))) {
    const target = name.slice(replacedPrefix.length);
    if (names.includes(target)) await rm(join(parent, name), { recursive: true, force: true });
    else await rename(join(parent, name), join(parent, target));
  }
  await flushFolder(parent, flushed);
  for (const name of names.filter((each) => each.startsWith(asidePrefix) || each.startsWith(removedPrefix))) {
    await rm(join(parent, name), { recursive: true, force: true });
  }
}

async function writeFlushed(path: string, data: Uint8Array | string, flushed: Flush): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(data);
    await flushed(file);
  } finally {
    await file.close();
  }
}

function total(files: ReadonlyMap<string, Uint8Array | string>): number {
  return [...files.values()].reduce((sum, data) => sum + Buffer.byteLength(data), 0);
}
