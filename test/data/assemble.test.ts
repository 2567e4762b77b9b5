import { describe, expect, it } from 'vitest';
import { assembled, checkHeaders, classesOf, type Half } from '../../src/data/assemble.ts';
import { plainReading } from '../../src/data/source.ts';
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

describe('a test set that is drawn', () => {
  it('takes its images out of those to train on, and no longer than it takes to look at each of them once', () => {
    const count = 60_000;
    const labels = Uint8Array.from({ length: count }, (_, at) => at % 251);
    const train = { name: 'a', count, labels, read: async () => undefined };
    const source = { form: '', rows: 1, columns: 1, classNames: null, validation: null, test: null, remarks: [] };
    const found = assembled({ ...source, train, close: train.read }, { ...plainReading, testSize: 20_000 });
    const isDrawn = new Set(found.drawn);
    expect(isDrawn.size).toBe(20_000);
    const { test, train: kept } = found.labels;
    expect(
      Buffer.compare(
        test,
        labels.filter((_, at) => isDrawn.has(at)),
      ),
    ).toBe(0);
    expect(
      Buffer.compare(
        kept,
        labels.filter((_, at) => !isDrawn.has(at)),
      ),
    ).toBe(0);
  });
});
