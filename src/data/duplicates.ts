// Which images of a data set are the same, pixel by pixel, in one split or in two. Pure; a few bytes an image besides what it
// looks at.

import type { ImageSet } from './dataset.ts';

/** An image of a split that stands in another one too. */
interface Pair {
  /** Numbers within their splits. */
  readonly image: number;
  readonly other: number;
}

export interface Duplicates {
  /** [i][j], j < i: of the images of split i how many are in split j as well, and the first of them. */
  readonly shared: readonly (readonly { readonly count: number; readonly first: Pair | null }[])[];
  /** Of each split: how many of its images were in it before. */
  readonly repeated: readonly number[];
  /** Different pictures that have more than one label, wherever they stand. */
  readonly contradicting: number;
}

/** All of one size. */
export function duplicatesIn(splits: readonly ImageSet[]): Duplicates {
  const { first, starts } = firstOfEach(splits);
  const splitOf = (image: number) => starts.findLastIndex((start) => start <= image);
  // of the first of those that are alike: the first in each split, and whether labels differ
  const firstIn = splits.map(() => new Map<number, number>());
  const labels = new Map<number, number>();
  const contradicting = new Set<number>();
  const repeated = splits.map(() => 0);
  const shared = splits.map((_, i) => splits.slice(0, i).map(() => ({ count: 0, first: null as Pair | null })));
  splits.forEach((set, i) => {
    for (let image = 0; image < set.count; image++) {
      const same = first[starts[i]! + image]!;
      const isFirst = same === starts[i]! + image;
      const label = set.labels[image]!;
      if (!isFirst) {
        const home = splitOf(same);
        const known = labels.get(same) ?? splits[home]!.labels[same - starts[home]!]!;
        labels.set(same, known);
        if (known !== label) contradicting.add(same);
        if (home === i || firstIn[i]!.has(same)) repeated[i]!++;
        for (let j = 0; j < i; j++) {
          const other = home === j ? same - starts[j]! : firstIn[j]!.get(same);
          if (other === undefined) continue;
          const found = shared[i]![j]!;
          found.count++;
          found.first ??= { image, other };
        }
      }
      // those that come first are known by their number
      if (!isFirst && !firstIn[i]!.has(same)) firstIn[i]!.set(same, image);
    }
  });
  return { shared, repeated, contradicting: contradicting.size };
}

/** Of each image, over all splits, the first that is the same; and where each split begins. */
function firstOfEach(splits: readonly ImageSet[]): { first: Int32Array; starts: number[] } {
  const starts: number[] = [];
  let count = 0;
  for (const split of splits) {
    starts.push(count);
    count += split.count;
  }
  const size = splits[0]!.rows * splits[0]!.columns;
  const slots = 2 ** Math.ceil(Math.log2(2 * count + 2));
  const table = new Int32Array(slots).fill(-1);
  const first = new Int32Array(count);
  const imageAt = (number: number): Uint8Array => {
    let split = splits.length - 1;
    while (starts[split]! > number) split--;
    const at = (number - starts[split]!) * size;
    return splits[split]!.images.subarray(at, at + size);
  };
  for (let number = 0; number < count; number++) {
    const image = imageAt(number);
    let slot = hashOf(image) & (slots - 1);
    while (table[slot] !== -1 && Buffer.compare(imageAt(table[slot]!), image) !== 0) slot = (slot + 1) & (slots - 1);
    if (table[slot] === -1) table[slot] = number;
    first[number] = table[slot]!;
  }
  return { first, starts };
}

/** FNV-1a, stirred so that its low bits do. Images made to collide would only make it slow. */
function hashOf(image: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < image.length; i++) hash = Math.imul(hash ^ image[i]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
