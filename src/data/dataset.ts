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
  /** One a class, cleaned; null: they are plain numbers from 0. */
  readonly classNames: readonly string[] | null;
  /** So many of the training images, the last ones, are a validation split that the data have themselves; most have none. */
  readonly validation: number;
}

/** A data set, and what it was read from. */
export interface LoadedDataset extends Dataset {
  /** "IDX files" */
  readonly form: string;
  /** Names of files, of images and labels, each once. */
  readonly files: readonly string[];
  /** Whether the test set was drawn from the training images (--test-size). */
  readonly testDrawn: boolean;
}

/** What lies at a place. */
export function datasetAt({ train, test, ...rest }: DatasetShape, place: DatasetPlace): Dataset {
  const { count, rows, columns } = train;
  return {
    train: { count, rows, columns, ...place.train },
    test: { count: test.count, rows: test.rows, columns: test.columns, ...place.test },
    ...rest,
  };
}
