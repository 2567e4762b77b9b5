// What is counted and suspected in a data set, on small ones in which each fault was put by hand.

import { describe, expect, it } from 'vitest';
import { suspicionsOf } from '../../coordinator/commands/suspicions.ts';
import type { Dataset, ImageSet } from '../../src/data/dataset.ts';
import { duplicatesIn } from '../../src/data/duplicates.ts';
import { inspected } from '../../src/data/inspection.ts';

/** Images of 2x2 pixels, by what the first pixel is and the others are. */
function setOf(...images: readonly (readonly [label: number, first: number, others: number])[]): ImageSet {
  return {
    count: images.length,
    rows: 2,
    columns: 2,
    images: Uint8Array.from(images.flatMap(([, first, others]) => [first, others, others, others])),
    labels: Uint8Array.from(images, ([label]) => label),
  };
}

function dataOf(train: ImageSet, test: ImageSet, validation = 0): Dataset {
  return { train, test, validation, classes: 1 + Math.max(...train.labels), classNames: null };
}

const kinds = (data: Dataset) => suspicionsOf(inspected(data), data.classNames).map(({ kind }) => kind);
const clean = dataOf(setOf([0, 1, 200], [1, 2, 200]), setOf([0, 3, 200], [1, 4, 200]));

describe('a data set that is inspected', () => {
  it('is counted by class and split, its own validation split apart', () => {
    const data = dataOf(setOf([0, 1, 200], [1, 2, 200], [1, 5, 200]), setOf([0, 3, 200]), 1);
    const { splits, pixels } = inspected(data);
    expect(splits.map(({ name, counts }) => [name, counts])).toEqual([
      ['train', [1, 1]],
      ['validation', [0, 1]],
      ['test', [1, 0]],
    ]);
    expect(pixels).toEqual({ least: 1, most: 200, mean: (12 * 200 + 1 + 2 + 3 + 5) / 16, values: 5 });
    expect(suspicionsOf(inspected(data), null).map(({ message }) => message)).toEqual([
      'There are no validation images of class 0',
      'There are no test images of class 1',
    ]);
  });

  it('is suspected of nothing where there is nothing', () => {
    expect(kinds(clean)).toEqual([]);
  });

  it('is told where test images are among the training images', () => {
    const data = dataOf(setOf([0, 1, 200], [1, 2, 200]), setOf([0, 3, 200], [1, 2, 200], [1, 4, 200]));
    const [found, ...others] = suspicionsOf(inspected(data), null);
    expect(others).toEqual([]);
    expect(found).toEqual({
      kind: 'shared',
      message:
        '1 test image is among the training images too, pixel by pixel: what is measured on it says little. The first is test image 1, which is training image 1',
    });
  });

  it('is told of empty pictures, with their class by its name', () => {
    const data = dataOf(setOf([0, 1, 200], [1, 2, 200], [1, 0, 0]), clean.test);
    expect(suspicionsOf(inspected(data), ['cat', 'dog'])[0]?.message).toBe(
      '1 training image shows nothing, and is of one colour all over: number 2 (black, class dog)',
    );
  });

  it('is told of classes that are very unequal, of repetition, contradiction and dim pixels', () => {
    const many = Array.from({ length: 22 }, (_, i) => [0, i, 200] as const);
    expect(kinds(dataOf(setOf(...many, [1, 99, 200], [1, 98, 200]), clean.test))).toContain('unequal');
    expect(kinds(dataOf(setOf(...many.slice(0, 20), [1, 99, 200], [1, 98, 200]), clean.test))).not.toContain('unequal');
    expect(kinds(dataOf(setOf([0, 1, 200], [0, 1, 200], [1, 2, 200]), clean.test))).toEqual(['repeated']);
    expect(kinds(dataOf(setOf([0, 1, 200], [1, 1, 200]), clean.test))).toEqual(['repeated', 'contradicting']);
    expect(kinds(dataOf(setOf([0, 1, 16], [1, 2, 16]), setOf([0, 3, 16], [1, 4, 16])))).toEqual(['dim']);
  });

  it('finds just the duplicates that comparing every image with every other finds', () => {
    // few different pictures, so that all kinds of repetition come about
    let state = 7;
    const random = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return (state >>> 16) % below;
    };
    for (let round = 0; round < 20; round++) {
      const sets = [30, 8, 12].map((count) =>
        setOf(...Array.from({ length: count }, () => [random(2), random(12), random(3)] as const)),
      );
      expect(duplicatesIn(sets)).toEqual(slowly(sets));
    }
  });
});

function slowly(sets: readonly ImageSet[]): ReturnType<typeof duplicatesIn> {
  const textsOf = sets.map(({ count, images }) =>
    Array.from({ length: count }, (_, i) => images.subarray(4 * i, 4 * i + 4).join()),
  );
  const shared = sets.map((_, i) =>
    sets.slice(0, i).map((_, j) => {
      const pairs = textsOf[i]!.map((text, image) => ({ image, other: textsOf[j]!.indexOf(text) }));
      const found = pairs.filter(({ other }) => other !== -1);
      return { count: found.length, first: found[0] ?? null };
    }),
  );
  const labels = new Map<string, Set<number>>();
  textsOf.forEach((texts, i) => {
    texts.forEach((text, image) => {
      labels.set(text, (labels.get(text) ?? new Set()).add(sets[i]!.labels[image]!));
    });
  });
  return {
    shared,
    repeated: textsOf.map((texts) => texts.length - new Set(texts).size),
    contradicting: [...labels.values()].filter(({ size }) => size > 1).length,
  };
}
