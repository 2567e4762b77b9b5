// Four parsed IDX files -> one data set that fits together, or an error that says what does not. Knows nothing of files.

import { LockstepError } from '../errors.ts';
import type { Dataset, ImageSet } from './dataset.ts';
import type { IdxImages } from './idx.ts';

/** One half of a data set: images, labels, and the names of their files, for error messages. */
export interface Half {
  readonly images: IdxImages;
  readonly labels: Uint8Array;
  readonly imagesName: string;
  readonly labelsName: string;
}

/** The number of classes is one more than the largest training label; since a label is a byte, at most 256. */
export function assembleDataset(train: Half, test: Half): Dataset {
  const sets = { train: imageSet(train), test: imageSet(test) };
  const classes = 1 + largest(train.labels);

  if (test.images.rows !== train.images.rows || test.images.columns !== train.images.columns) {
    throw new LockstepError({
      what: 'The test images are of another size than the training images',
      why: `${test.imagesName} has images of ${sizeOf(test)}, ${train.imagesName} of ${sizeOf(train)}`,
      mend: 'Put the training and test files of one and the same data set into the folder',
    });
  }
  const beyond = test.labels.findIndex((label) => label >= classes);
  if (beyond !== -1) {
    throw new LockstepError({
      what: `${test.labelsName} has a label beyond the classes`,
      why: `label ${test.labels[beyond]} of test image ${beyond}, but the training labels only go from 0 to ${classes - 1}`,
      mend: 'Put the training and test files of one and the same data set into the folder',
    });
  }
  return { ...sets, classes };
}

function imageSet({ images, labels, imagesName, labelsName }: Half): ImageSet {
  if (labels.length !== images.count) {
    throw new LockstepError({
      what: 'There are not as many labels as images',
      why: `${labelsName} has ${labels.length} labels, ${imagesName} has ${images.count} images`,
      mend: 'Put files that belong together into the folder',
    });
  }
  return { ...images, labels };
}

function largest(labels: Uint8Array): number {
  return labels.reduce((most, label) => Math.max(most, label), 0);
}

function sizeOf({ images }: Half): string {
  return `${images.rows}x${images.columns}`;
}
