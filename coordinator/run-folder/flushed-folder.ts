// A folder that files of the run are put into: it is there, and stays there after a power cut, before the first of them is
// written. Knows nothing of the files.

import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../../src/host/files/io-reason.ts';
import { type Flush, flushFolder } from './flush.ts';

export class FlushedFolder {
  readonly path: string;
  readonly #flush: Flush;
  readonly #parent: FlushedFolder | null;
  /** Its name is on the disk. */
  #isNamed = false;

  /** `parent`: made before it; null: it is there already, and flushed by others. */
  constructor(path: string, flushed: Flush, parent: FlushedFolder | null = null) {
    this.path = path;
    this.#flush = flushed;
    this.#parent = parent;
  }

  /** It may be gone again. Its name is flushed once at least: who made it may have died before that was on the disk. */
  async make(): Promise<void> {
    await this.#parent?.make();
    const isNew = await mkdir(this.path).then(
      () => true,
      (error: unknown) => {
        if (codeOf(error) === 'EEXIST') return false;
        throw error;
      },
    );
    if (!isNew && this.#isNamed) return;
    this.#isNamed = false;
    await flushFolder(dirname(this.path), this.#flush);
    this.#isNamed = true;
  }
}
