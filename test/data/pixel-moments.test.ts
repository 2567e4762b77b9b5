import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pixelMoments } from '../../src/data/pixel-moments.ts';
import { mnistData } from '../support/golden.ts';

test("has MNIST's known figures, and those that numpy finds", async () => {
  const { mean, std } = pixelMoments((await mnistData()).train.images);
  expect(mean).toBe(1567298545 / (255 * 47_040_000));
  // numpy's own sums are rounded: 0.30810780385646
  expect(std).toBeCloseTo(0.30810780385646, 12);
});

test('is exact to the last rounding, in whatever order the pixels come', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (pixels) => {
      const found = pixelMoments(pixels);
      const mean = pixels.reduce((sum, pixel) => sum + pixel, 0) / pixels.length / 255;
      const variance = pixels.reduce((sum, pixel) => sum + (pixel / 255 - mean) ** 2, 0) / pixels.length;
      expect(found.mean).toBeCloseTo(mean, 14);
      expect(found.std).toBeCloseTo(Math.sqrt(variance), 7);
      expect(pixelMoments(pixels.toReversed())).toEqual(found);
      // twice the same images have the same figures, to the bit but for the last place
      const twice = pixelMoments(Uint8Array.from([...pixels, ...pixels]));
      expect(twice.mean).toBeCloseTo(found.mean, 15);
      expect(twice.std).toBeCloseTo(found.std, 15);
    }),
  );
});

test('pixels that are all the same do not deviate', () => {
  expect(pixelMoments(new Uint8Array(1000).fill(77))).toEqual({ mean: 77 / 255, std: 0 });
});
