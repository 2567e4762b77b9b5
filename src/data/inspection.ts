// What there is in a data set: images by class and split, their pixels, and what is the same. Counting only; what is suspicious is judged elsewhere.
// Pure.

import type { Dataset, ImageSet } from './dataset.ts';
import { type Duplicates, duplicatesIn } from './duplicates.ts';
import { formOf } from './picture-form.ts';

export type SplitOfData = 'train' | 'validation' | 'test';

export interface InspectedSplit {
  readonly name: SplitOfData;
  readonly set: ImageSet;
  /** Images of each class. */
  readonly counts: readonly number[];
  /** Numbers of its images that are of one colour all over. */
  readonly blank: readonly number[];
}

export interface Inspection {
  /** Those that the data have themselves: a validation split that is drawn from the training images is the run's affair. */
  readonly splits: readonly InspectedSplit[];
  /** Of all pixels: 0 to 255. */
  readonly pixels: { readonly least: number; readonly most: number; readonly mean: number; readonly values: number };
  readonly lightGround: boolean;
  readonly duplicates: Duplicates;
}

export function inspected(data: Dataset): Inspection {
  const sets = splitsOf(data);
  const histogram = new Float64Array(256);
  const splits = sets.map(([name, set]) => {
    const counts = new Array<number>(data.classes).fill(0);
    for (const label of set.labels) counts[label]!++;
    return { name, set, counts, blank: lookThrough(set, histogram) };
  });
  return {
    splits,
    pixels: rangeOf(histogram),
    lightGround: formOf(data.train).lightGround,
    duplicates: duplicatesIn(sets.map(([, set]) => set)),
  };
}

function splitsOf({ train, test, validation }: Dataset): [SplitOfData, ImageSet][] {
  const own = train.count - validation;
  return [
    ['train', part(train, 0, own)],
    ...(validation === 0 ? [] : [['validation', part(train, own, train.count)] as [SplitOfData, ImageSet]]),
    ['test', test],
  ];
}

function part({ rows, columns, images, labels }: ImageSet, from: number, to: number): ImageSet {
  const size = rows * columns;
  return {
    count: to - from,
    rows,
    columns,
    images: images.subarray(from * size, to * size),
    labels: labels.subarray(from, to),
  };
}

/** Adds the pixels to the histogram; numbers of images that are of one colour. */
function lookThrough({ count, rows, columns, images }: ImageSet, histogram: Float64Array): number[] {
  const size = rows * columns;
  const blank: number[] = [];
  for (let image = 0; image < count; image++) {
    const start = image * size;
    const first = images[start]!;
    let others = 0;
    for (let at = start; at < start + size; at++) {
      const value = images[at]!;
      histogram[value]!++;
      if (value !== first) others++;
    }
    if (others === 0) blank.push(image);
  }
  return blank;
}

function rangeOf(histogram: Float64Array): Inspection['pixels'] {
  let [pixels, sum, values] = [0, 0, 0];
  histogram.forEach((count, value) => {
    pixels += count;
    sum += count * value;
    if (count > 0) values++;
  });
  const least = histogram.findIndex((count) => count > 0);
  const most = histogram.findLastIndex((count) => count > 0);
  return { least, most, mean: sum / pixels, values };
}
