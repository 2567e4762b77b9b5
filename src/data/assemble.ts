// Headers and labels of four IDX files -> one data set that fits together, or an error that says what does not. Knows
// nothing of files.

import { LockstepError } from '../errors.ts';
import type { IdxHeader } from './idx.ts';

/** One half of a data set, by the headers of its files. */
export interface Half {
  readonly images: Pick<IdxHeader, 'count' | 'rows' | 'columns' | 'name'>;
  readonly labels: Pick<IdxHeader, 'count' | 'name'>;
}

/** What a data set is, before its images are read. */
export interface DatasetShape {
  readonly train: { readonly count: number; readonly rows: number; readonly columns: number };
  readonly test: { readonly count: number; readonly rows: number; readonly columns: number };
  readonly classes: number;
}

/** What the kernels address, images among it. */
const MOST_BYTES = 4 * 2 ** 30;

/** @throws LockstepError where the headers alone show that the files do not fit together, or are too large */
export function checkHeaders(train: Half, test: Half): void {
  for (const { images, labels } of [train, test]) {
    if (labels.count === images.count) continue;
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MISMATCH',
      what: 'There are not as many labels as images',
      why: `${labels.name} has ${labels.count} labels, ${images.name} has ${images.count} images`,
      mend: 'Put files that belong together into the folder',
    });
  }
  if (test.images.rows !== train.images.rows || test.images.columns !== train.images.columns) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MISMATCH',
      what: 'The test images are of another size than the training images',
      why: `${test.images.name} has images of ${sizeOf(test)}, ${train.images.name} of ${sizeOf(train)}`,
      mend: 'Put the training and test files of one and the same data set into the folder',
    });
  }
  const each = train.images.rows * train.images.columns + 1;
  const fitting = Math.floor(MOST_BYTES / each);
  const found = train.images.count + test.images.count;
  if (found <= fitting) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_TOO_LARGE',
    what: 'The data set is too large',
    why: `${train.images.name} and ${test.images.name} say that they have ${found} images of ${sizeOf(train)}, ${((found * each) / 2 ** 30).toFixed(2)} GiB, and the kernels address 4 GiB`,
    mend: fitting === 0 ? 'Use smaller images' : `Use fewer than ${fitting} images in all, or smaller ones`,
  });
}

/** The number of classes is one more than the largest training label; since a label is a byte, at most 256. */
export function classesOf(train: Uint8Array, test: Uint8Array, testName: string): number {
  const classes = 1 + largest(train);
  const beyond = test.findIndex((label) => label >= classes);
  if (beyond === -1) return classes;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISMATCH',
    what: `${testName} has a label beyond the classes`,
    why: `label ${test[beyond]} of test image ${beyond}, but the training labels only go from 0 to ${classes - 1}`,
    mend: 'Put the training and test files of one and the same data set into the folder',
  });
}

function largest(labels: Uint8Array): number {
  return labels.reduce((most, label) => Math.max(most, label), 0);
}

function sizeOf({ images }: Half): string {
  return `${images.rows}x${images.columns}`;
}
