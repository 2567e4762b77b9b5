// Generated images: the same each time, and for the kernels about what MNIST's are.

import { expect, it } from 'vitest';
import type { ImageSet } from '../../src/data/dataset.ts';
import { generatedDigits } from '../../src/data/generated-digits.ts';
import { mnistData } from '../support/golden.ts';

const count = 1024;

function ink({ images }: ImageSet): number {
  const some = images.subarray(0, count * 784);
  return some.reduce((sum, pixel) => sum + Number(pixel > 0), 0) / some.length;
}

/** The part of the pixels that are not background in all of 16 images, on average. */
function live({ images }: ImageSet): number {
  let all = 0;
  for (let first = 0; first < count; first += 16) {
    for (let pixel = 0; pixel < 784; pixel++) {
      for (let image = first; image < first + 16; image++) {
        if (images[image * 784 + pixel]! === 0) continue;
        all++;
        break;
      }
    }
  }
  return all / ((count / 16) * 784);
}

it('has as much ink as MNIST, within a tenth, and in about as many places', async () => {
  const { train } = await mnistData();
  const generated = generatedDigits(count, 10);
  expect(Math.abs(ink(generated.train) / ink(train) - 1)).toBeLessThan(0.1);
  expect(Math.abs(live(generated.train) / live(train) - 1)).toBeLessThan(0.2);
});

it('is the same each time, whatever number is asked for, and other images for training and test', () => {
  const [few, many] = [generatedDigits(10, 5), generatedDigits(20, 10)];
  expect(many.train.images.subarray(0, few.train.images.length)).toEqual(few.train.images);
  expect(many.test.images.subarray(0, few.test.images.length)).toEqual(few.test.images);
  expect(few.test.images).not.toEqual(few.train.images.subarray(0, few.test.images.length));
  expect(few).toMatchObject({ classes: 10, train: { count: 10, rows: 28, columns: 28 }, test: { count: 5 } });
  expect([...many.train.labels]).toEqual([...Array(20).keys()].map((image) => image % 10));
});
