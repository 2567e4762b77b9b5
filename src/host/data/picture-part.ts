// The pictures of one part of a data set, each in a file of its own, as a part of a source: their sizes by their first bytes, and
// then their pixels, in the order of the bytes of their paths. One file is open at a time.

import { setImmediate } from 'node:timers/promises';
import type { SourcePart } from '../../data/source.ts';
import { LockstepError } from '../../errors.ts';
import { type PictureSize, sizeOfPicture } from '../../image/decode.ts';
import { PictureError } from '../../image/picture.ts';
import { trainingImage, type WantedImage } from '../../image/training-image.ts';
import { pathOf, shownPath } from '../files/byte-names.ts';
import { ioReason } from '../files/io-reason.ts';
import { SmallFiles } from '../files/small-files.ts';
import type { PartFolder } from './picture-tree.ts';

/** Where the size stands in nearly all files. */
const HEAD_BYTES = 4096;
/** The largest picture that may be read, four channels of 16 bits that do not pack, has no more. */
const PICTURE_BYTES = 160 * 2 ** 20;
/** So long nobody else has a turn. */
const TURN_MS = 20;

/** How many pictures have a size, and one of them. */
export interface FoundSize extends PictureSize {
  readonly path: string;
  count: number;
}

export class PicturePart {
  readonly folder: string;
  /** In the order of their bytes. */
  readonly paths: readonly string[];
  readonly labels: Uint8Array;
  readonly #files = new SmallFiles(PICTURE_BYTES);
  #next = 0;

  /** `classes`: the names of the folders, one a class. */
  constructor({ folder, classes: folders }: PartFolder, classes: readonly string[]) {
    const numbers = new Map(classes.map((name, number) => [name, number]));
    const found = folders.flatMap(({ name, paths }) => paths.map((path) => ({ path, label: numbers.get(name)! })));
    found.sort((a, b) => (a.path < b.path ? -1 : 1));
    this.folder = folder;
    this.paths = found.map(({ path }) => path);
    this.labels = Uint8Array.from(found, ({ label }) => label);
  }

  /** Looks at the head of each picture. @throws LockstepError for one that is none */
  async sizes(): Promise<FoundSize[]> {
    const sizes = new Map<string, FoundSize>();
    await this.#each(0, this.paths.length, (path) => {
      // what is damaged further on is found when it is decoded
      const size = sizeOfPicture(this.#files.read(path, HEAD_BYTES)) ?? sizeOfPicture(this.#files.read(path));
      if (size === null) throw new PictureError('it is damaged: it ends before it says how large it is');
      const key = `${size.height}x${size.width}`;
      const known = sizes.get(key);
      if (known === undefined) sizes.set(key, { ...size, path: shownPath(path.toString('latin1')), count: 1 });
      else known.count++;
    });
    return [...sizes.values()];
  }

  /** Before it, `sizes` were asked for. */
  as(wanted: WantedImage): SourcePart {
    const pixels = wanted.rows * wanted.columns;
    return {
      name: shownPath(this.folder),
      labelsName: shownPath(this.folder),
      count: this.paths.length,
      labels: this.labels,
      read: async (target) => {
        const [first, end] = [this.#next, this.#next + target.length / pixels];
        this.#next = end;
        await this.#each(first, end, (path, i) => {
          target.set(trainingImage(this.#files.read(path), wanted), (i - first) * pixels);
        });
      },
    };
  }

  /** One after the other; `look` may throw a PictureError. */
  async #each(first: number, end: number, look: (path: Buffer, i: number) => void): Promise<void> {
    let turn = performance.now();
    for (let i = first; i < end; i++) {
      const path = `${this.folder}/${this.paths[i]}`;
      try {
        look(pathOf(path), i);
      } catch (error) {
        throw unusable(shownPath(path), error);
      }
      if (performance.now() - turn < TURN_MS) continue;
      await setImmediate();
      turn = performance.now();
    }
  }
}

function unusable(path: string, cause: unknown): LockstepError {
  const isPicture = cause instanceof PictureError;
  return new LockstepError({
    code: isPicture ? 'ERR_LOCKSTEP_DATA_MALFORMED' : 'ERR_LOCKSTEP_DATA_UNREADABLE',
    what: `The picture ${path} cannot be ${isPicture ? 'used' : 'read'}`,
    why: isPicture ? cause.message : ioReason(cause),
    mend: (isPicture ? cause.mend : null) ?? 'Repair it, or take it out of the folder',
    cause,
  });
}
