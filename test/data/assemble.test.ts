import { describe, expect, it } from 'vitest';
import { checkHeaders, classesOf, type Half } from '../../src/data/assemble.ts';
import { refusal } from '../support/refusal.ts';

function half(count: number, { labels = count, rows = 2, columns = 3 } = {}): Half {
  return { images: { count, rows, columns, name: 'some-images' }, labels: { count: labels, name: 'some-labels' } };
}

describe('four files', () => {
  it('that fit together are taken', () => {
    expect(() => checkHeaders(half(5), half(2))).not.toThrow();
    const gibibyte = { rows: 1024, columns: 1024 };
    expect(() => checkHeaders(half(3000, gibibyte), half(1000, gibibyte))).not.toThrow();
  });

  it.each([
    ['too few labels', half(3, { labels: 2 }), half(1), /some-labels has 2 labels, some-images has 3 images/],
    ['too many test labels', half(2), half(1, { labels: 2 }), /has 2 labels, some-images has 1 images/],
    ['another size', half(2), half(1, { columns: 4 }), /images of 2x4, some-images of 2x3/],
    [
      'more than the kernels address',
      half(5_000_000, { rows: 28, columns: 28 }),
      half(1_000_000, { rows: 28, columns: 28 }),
      /6000000 images of 28x28, 4.39 GiB, .*fewer than 5471295 images/s,
    ],
    [
      'images that are larger than all memory',
      half(1, { rows: 2 ** 31 }),
      half(1, { rows: 2 ** 31 }),
      /smaller images/,
    ],
  ])('are refused for %s', async (_, train, test, message) => {
    const error = await refusal(() => checkHeaders(train, test));
    expect(error.message).toMatch(message);
    expect(error.exitCode).toBe(2);
  });
});

describe('classesOf', () => {
  it('counts the classes by the largest training label', () => {
    expect(classesOf(Uint8Array.of(0, 4, 1), Uint8Array.of(2), 'some-labels')).toBe(5);
    expect(classesOf(Uint8Array.of(255), Uint8Array.of(0), 'some-labels')).toBe(256);
  });

  it('refuses a label beyond them', async () => {
    const error = await refusal(() => classesOf(Uint8Array.of(0, 2), Uint8Array.of(0, 2, 3), 'some-labels'));
    expect(error.message).toMatch(/label 3 of test image 2, .* from 0 to 2/);
    expect(error.exitCode).toBe(2);
  });
});
