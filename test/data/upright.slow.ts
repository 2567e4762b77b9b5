import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { reportAugmentation } from '../../src/data/augmentation.ts';
import type { Dataset, ImageSet } from '../../src/data/dataset.ts';
import { augmentationRemark, remarksOn } from '../../src/data/remarks.ts';
import { transposed } from '../../src/data/transpose.ts';
import { averageDigits, gridOf, standingOf } from '../../src/data/upright.ts';
import { loadDataset } from '../../src/host/data/load-dataset.ts';
import { mnistData } from '../support/golden.ts';

const fashion = '/usr/share/datasets/fashion-mnist';
let mnist: Dataset;
beforeAll(async () => {
  mnist = await mnistData();
});

function part(set: ImageSet, start: number, count: number): ImageSet {
  const pixels = set.rows * set.columns;
  const images = set.images.slice(start * pixels, (start + count) * pixels);
  return { ...set, count, images, labels: set.labels.slice(start, start + count) };
}

const parts = (set: ImageSet, size: number) =>
  Array.from({ length: Math.floor(set.count / size) }, (_, i) => part(set, i * size, size));

/** The box of each digit, drawn over the whole image; `size`: rows and columns. */
function stretched(set: ImageSet, size: number): ImageSet {
  const images = new Uint8Array(set.count * size * size);
  const pixels = set.rows * set.columns;
  for (let n = 0; n < set.count; n++) {
    const cells = gridOf(set.images.subarray(n * pixels, (n + 1) * pixels), set.rows, set.columns)!;
    for (let i = 0; i < size * size; i++) {
      const [row, column] = [Math.floor((i / size / size) * 8), Math.floor(((i % size) / size) * 8)];
      images[n * size * size + i] = cells[row * 8 + column]!;
    }
  }
  return { ...set, rows: size, columns: size, images };
}

describe('standingOf', () => {
  it("compares with the average of MNIST's training images", () => {
    const sums = Array.from({ length: 10 }, () => new Float64Array(64));
    const counts = new Uint32Array(10);
    for (const one of parts(mnist.train, 1)) {
      const label = one.labels[0]!;
      counts[label]!++;
      gridOf(one.images, 28, 28)!.forEach((value, i) => {
        sums[label]![i]! += value;
      });
    }
    const hex = (value: number) => Math.round(value).toString(16);
    const averages = sums.map((sum, label) => Array.from(sum, (value) => hex(value / counts[label]! / 17)).join(''));
    expect(averages).toEqual(averageDigits);
  });

  it('tells digits that stand from digits that lie, in sets of any size from 30 on', () => {
    const of = (size: number, change = (set: ImageSet) => set) =>
      parts(mnist.test, size).map((one) => standingOf(change(one)));
    expect(new Set(of(100))).toEqual(new Set(['upright']));
    expect(new Set(of(100, transposed))).toEqual(new Set(['transposed']));
    const small = of(30);
    expect(small.filter((standing) => standing === 'transposed')).toEqual([]);
    expect(small.filter((standing) => standing === null).length).toBeLessThan(5);
    expect(new Set(of(29))).toEqual(new Set([null]));
  });

  it('also where they fill the image, are dark on light, or are small', () => {
    for (const change of [
      (set: ImageSet) => stretched(set, 28),
      (set: ImageSet) => stretched(set, 8),
      (set: ImageSet) => ({ ...set, images: set.images.map((value) => 255 - value) }),
      (set: ImageSet) => ({ ...set, images: set.images.map((value) => value / 16) }),
    ]) {
      expect(standingOf(change(part(mnist.test, 0, 400)))).toBe('upright');
      expect(standingOf(transposed(change(part(mnist.test, 0, 400))))).toBe('transposed');
    }
  });

  it('says nothing of labels that are not the digits, and of no ink', () => {
    const set = part(mnist.test, 0, 400);
    expect(standingOf({ ...set, labels: set.labels.map((label) => (label + 1) % 10) })).toBeNull();
    expect(standingOf({ ...set, images: new Uint8Array(set.images.length) })).toBeNull();
    expect(standingOf({ ...set, images: new Uint8Array(set.images.length).fill(255) })).toBeNull();
    expect(standingOf({ ...set, rows: 1, columns: 1, images: new Uint8Array(400).fill(9) })).toBeNull();
  });

  const there = existsSync(fashion);
  it.runIf(there)('says nothing of clothes, whole or in parts', async () => {
    const { train, test } = await loadDataset(fashion);
    expect(standingOf(train)).toBeNull();
    for (const size of [30, 100, 1000]) expect(parts(test, size).filter((one) => standingOf(one) !== null)).toEqual([]);
  });
  if (!there) console.log(`Fashion-MNIST is not asked: it is not in ${fashion} (Debian: dataset-fashion-mnist)`);
});

describe('remarksOn', () => {
  const data = (train: ImageSet, classes = 10): Dataset => ({
    train,
    test: train,
    classes,
    classNames: null,
    validation: 0,
  });
  const said = (...given: Parameters<typeof remarksOn>) =>
    remarksOn(...given).map(({ level, message }) => `${level}: ${message}`);

  it('tells of images that lie, and of images that were laid', () => {
    const upright = part(mnist.test, 0, 200);
    const lying = transposed(part(mnist.test, 0, 200));
    expect(said(data(upright), 'digits', false)).toEqual([]);
    expect(said(data(upright), 'EMNIST/raw', false)).toEqual([]);
    expect(said(data(lying), 'digits', false)).toEqual([
      expect.stringMatching(/^warning: .*lie on their.*--transpose/),
    ]);
    expect(said(data(lying), 'digits', true)).toEqual([expect.stringMatching(/^warning: .*leave it out/)]);
  });

  it('tells of what EMNIST is known for where no digits are to be judged', () => {
    const letters = part(mnist.test, 0, 200);
    const set = { ...letters, labels: letters.labels.map((label) => label + 10) };
    expect(said(data(set, 20), '/data/EMNIST-letters', false)[0]).toMatch(/^warning: EMNIST's own files/);
    expect(said(data(set, 20), '/data/EMNIST-letters', true).join()).not.toContain('EMNIST');
    expect(said(data(set, 20), '/data/letters', false).join()).not.toContain('EMNIST');
  });

  it('tells of labels that do not occur', () => {
    const labelled = (...labels: number[]) =>
      data(
        { count: 2, rows: 1, columns: 1, images: new Uint8Array(2), labels: Uint8Array.from(labels) },
        1 + Math.max(...labels),
      );
    expect(said(labelled(0, 1), null, false)).toEqual([]);
    expect(said(labelled(1, 2), null, false)).toEqual([
      expect.stringMatching(/^info: .*label 0: of the classes 0 to 2/),
    ]);
    expect(said(labelled(0, 9), null, false)[0]).toContain('label 1, 2, 3, 4, 5 and 3 more');
    expect(said(labelled(7, 7), null, false)).toEqual([expect.stringMatching(/^warning: .*label 7: there is nothing/)]);
  });
});

describe('augmentationRemark', () => {
  it.each([
    [28, 28, false],
    [16, 16, false],
    [15, 28, true],
    [28, 15, true],
    [8, 8, true],
    [1, 1, true],
  ])('of %dx%d pixels: %s', (rows, columns, warned) => {
    const remark = augmentationRemark({ rows, columns }, reportAugmentation);
    expect(remark !== null).toBe(warned);
    if (warned) expect(remark).toMatchObject({ level: 'warning', message: expect.stringContaining('--no-augment') });
  });
});
