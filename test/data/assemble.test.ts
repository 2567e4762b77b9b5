import { describe, expect, it } from 'vitest';
import { assembled, checkHeaders, type Half } from '../../src/data/assemble.ts';
import { type DataSource, plainReading, type SourcePart } from '../../src/data/source.ts';
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

const part = (name: string, ...labels: number[]): SourcePart => {
  return { name, count: labels.length, labels: Uint8Array.from(labels), read: async () => undefined };
};

/** Of images of one pixel. */
function sourceOf(train: SourcePart, others: Partial<DataSource> = {}): DataSource {
  const nothing = { classNames: null, validation: null, test: null, remarks: [], close: async () => undefined };
  return { form: '', rows: 1, columns: 1, train, ...nothing, ...others };
}

describe('classes', () => {
  it('are as many as the largest training label says', () => {
    const classes = (...labels: number[]) =>
      assembled(sourceOf(part('a', ...labels), { test: part('b', 0) }), plainReading).shape.classes;
    expect([classes(0, 4, 1), classes(255, 0)]).toEqual([5, 256]);
  });

  it.each([
    ['test', [0, 2], [0, 2, 3], 'label 3 of image 2, but the training labels only go from 0 to 2'],
    ['validation', [1, 2], [1, 3], 'label 3 of image 1, but the training labels only go from 1 to 2'],
  ])('of %s labels are among them', async (split, train, labels, why) => {
    const source = sourceOf(part('a', ...train), { test: part('b', 1), [split]: part('some-labels', ...labels) });
    expect(await refusal(() => assembled(source, plainReading))).toMatchObject({
      what: 'some-labels has a label beyond the classes',
      why,
      exitCode: 2,
    });
  });

  it('are no more than bytes can tell apart, however many are named', async () => {
    const named = (count: number, name: (at: number) => string) => {
      const classNames = Array.from({ length: count }, (_, at) => name(at));
      return () => assembled(sourceOf(part('a', 0, 3), { test: part('b', 0), classNames }), plainReading).shape.classes;
    };
    expect(named(256, (at) => `c${at}`)()).toBe(256);
    expect((await refusal(named(257, (at) => `c${at}`))).why).toBe('it names 257 classes, and 256 are the limit');
    expect(named(1000, String)()).toBe(4);
  });
});

describe('a test set that is drawn', () => {
  it('takes its images out of those to train on, and no longer than it takes to look at each of them once', () => {
    const count = 60_000;
    const labels = Uint8Array.from({ length: count }, (_, at) => at % 251);
    const found = assembled(sourceOf({ ...part('a'), count, labels }), { ...plainReading, testSize: 20_000 });
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
