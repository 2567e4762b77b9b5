// A labelled set of grey images, in memory. Knows nothing of files.

import type { DatasetShape } from './assemble.ts';

export interface ImageSet {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** count * rows * columns bytes, row-major, one image after the other. */
  readonly images: Uint8Array;
  /** One class number (0-based) an image. */
  readonly labels: Uint8Array;
}

/** Where a data set lies, or is to lie. */
export interface DatasetPlace {
  readonly train: Pick<ImageSet, 'images' | 'labels'>;
  readonly test: Pick<ImageSet, 'images' | 'labels'>;
}

export interface Dataset {
  readonly train: ImageSet;
  readonly test: ImageSet;
  /** Number of classes: one more than the largest label of the training set. */
  readonly classes: number;
}

/** What lies at a place. */
export function datasetAt({ train, test, classes }: DatasetShape, place: DatasetPlace): Dataset {
  const { count, rows, columns } = train;
  return {
    train: { count, rows, columns, ...place.train },
    test: { count: test.count, rows: test.rows, columns: test.columns, ...place.test },
    classes,
  };
}
