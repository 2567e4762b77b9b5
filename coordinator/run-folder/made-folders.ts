// Makes a folder with what is missing above it, and can take all of that back. Knows nothing of what is put into it.

import { mkdir, rmdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { flushFolder } from './flush.ts';

/** The folders that one call had to make, the deepest first. */
export class MadeFolders {
  readonly #made: string[] = [];

  /**
   * Says whether it was this call that made `path`: only one of several callers hears yes.
   * Not mkdir's own `recursive`: that never returns where a parent exists but refuses the folder with ENOENT (/proc).
   */
  async make(path: string): Promise<boolean> {
    const missing: string[] = [];
    for (let folder = resolve(path); !(await isFolder(folder)); folder = dirname(folder)) {
      missing.unshift(folder);
      if (dirname(folder) === folder) break;
    }
    let made = false;
    for (const folder of missing) made = await this.#makeOne(folder);
    return made;
  }

  async #makeOne(folder: string): Promise<boolean> {
    try {
      await mkdir(folder);
    } catch (error) {
      // Somebody else may have made it meanwhile.
      if (await isFolder(folder)) return false;
      throw error;
    }
    this.#made.unshift(folder);
    await flushFolder(dirname(folder));
    return true;
  }

  /** Removes those that are empty. */
  async remove(): Promise<void> {
    for (const folder of this.#made) {
      try {
        await rmdir(folder);
      } catch {
        return; // It holds something that is not ours, and so does every folder above it.
      }
    }
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
