import { describe, expect, it } from 'vitest';
import { assembleDataset, type Half } from '../../src/data/assemble.ts';
import { refusal } from '../support/refusal.ts';

function half(labels: readonly number[], { count = labels.length, rows = 2, columns = 3 } = {}): Half {
  const images = { count, rows, columns, images: new Uint8Array(count * rows * columns) };
  return { images, labels: Uint8Array.from(labels), imagesName: 'some-images', labelsName: 'some-labels' };
}

describe('assembleDataset', () => {
  it('counts the classes by the largest training label', () => {
    const dataset = assembleDataset(half([0, 4, 1]), half([2]));
    expect(dataset.classes).toBe(5);
    expect(dataset.train).toMatchObject({ count: 3, rows: 2, columns: 3, labels: Uint8Array.of(0, 4, 1) });
    expect(assembleDataset(half([255]), half([0])).classes).toBe(256);
  });

  it.each([
    ['too few labels', half([0, 1], { count: 3 }), half([0]), /some-labels has 2 labels, some-images has 3 images/],
    ['too many test labels', half([0, 1]), half([0, 1], { count: 1 }), /has 2 labels, some-images has 1 images/],
    ['another size', half([0, 1]), half([0], { columns: 4 }), /images of 2x4, some-images of 2x3/],
    ['a label beyond the classes', half([0, 2]), half([0, 2, 3]), /label 3 of test image 2, .* from 0 to 2/],
  ])('refuses %s', async (_, train, test, message) => {
    const error = await refusal(() => assembleDataset(train, test));
    expect(error.message).toMatch(message);
    expect(error.exitCode).toBe(2);
  });
});
