import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIdxImages, parseIdxLabels } from '../../src/data/idx.ts';
import { refusal } from '../support/refusal.ts';
import { idxFile, imagesFile, labelsFile } from '../support/tiny-data.ts';

describe('IDX', () => {
  it('reads any images', () => {
    const size = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(size, size, size, fc.integer(), (count, rows, columns, first) => {
        const pixels = Uint8Array.from({ length: count * rows * columns }, (_, i) => first + i);
        const read = parseIdxImages(imagesFile(pixels, rows, columns), 'images');
        expect(read).toEqual({ count, rows, columns, images: pixels });
      }),
    );
  });

  it('reads any labels', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (labels) => {
        expect(parseIdxLabels(labelsFile(labels), 'labels')).toEqual(labels);
      }),
    );
  });

  it('reads bytes that do not start at the start of their buffer', () => {
    const file = imagesFile(Uint8Array.of(1, 2, 3, 4), 2, 2);
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect(parseIdxImages(shifted.subarray(3), 'images').images).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  const file = imagesFile(new Uint8Array(12), 2, 3);
  const bad: readonly [string, Uint8Array, RegExp][] = [
    ['no bytes', new Uint8Array(0), /takes 16 bytes, but the file has 0/],
    ['half a header', file.subarray(0, 9), /takes 16 bytes, but the file has 9/],
    ['a truncated body', file.subarray(0, 27), /2 images, 2 rows, 3 columns.* 28 bytes, but the file has 27/],
    ['trailing bytes', Uint8Array.of(...file, 0), /trailing bytes.* 28 bytes, but the file has 29/],
    ['labels for images', labelsFile([1, 2]), /wrong magic number 0x00000801, which is a file of labels; .*0x00000803/],
    ['something else', Uint8Array.of(0x50, 0x4b, 3, 4), /wrong magic number 0x504b0304; expected/],
    ['no images', idxFile([0, 28, 28], new Uint8Array(0)), /is empty: its header says 0 images/],
    ['no columns', idxFile([5, 28, 0], new Uint8Array(0)), /0 columns/],
    ['sizes beyond all bounds', idxFile([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], new Uint8Array(3)), /is truncated/],
  ];
  it.each(bad)('refuses %s', async (_, bytes, message) => {
    const error = await refusal(() => parseIdxImages(bytes, 'some-file'));
    expect(error.message).toMatch(message);
    expect(error.what).toContain('some-file');
    expect(error.exitCode).toBe(2);
  });

  it('refuses images for labels', async () => {
    expect((await refusal(() => parseIdxLabels(file, 'labels'))).why).toContain('which is a file of images');
  });
});
