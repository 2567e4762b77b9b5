import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkIdxLength, type IdxRole, readIdxHeader } from '../../src/data/idx.ts';
import { scaleOf } from '../../src/data/pixel-scale.ts';
import { ArrayPixels, labelsOf, rangeOf } from '../../src/host/data/array-part.ts';
import { ofPieces } from '../../src/host/data/byte-stream.ts';
import { refusal } from '../support/refusal.ts';
import { idxFile, imagesFile, labelsFile, typedIdxFile } from '../support/tiny-data.ts';

/** As a file is read: the header, then the elements in pieces of `pieceBytes`. */
async function parse(bytes: Uint8Array, name: string, role: IdxRole, pieceBytes = 5) {
  const header = readIdxHeader(bytes.subarray(0, 20), name, role);
  const { count, rows, columns, headerBytes, element: type, elements, stride } = header;
  const array = { name, type, elements, checkLength: (found: number) => checkIdxLength(header, headerBytes + found) };
  const stream = () => ofPieces(piecesOf(bytes.subarray(headerBytes), pieceBytes), async () => undefined);
  if (role === 'labels') return { count, rows, columns, bytes: await labelsOf(array, stream(), stride) };
  const scale = scaleOf([await rangeOf({ array, open: async () => stream() })], null);
  const read = new Uint8Array(elements);
  await new ArrayPixels(array, stream(), scale).read(read);
  return { count, rows, columns, bytes: read };
}

async function* piecesOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('IDX', () => {
  it('reads any images, in any pieces', async () => {
    const size = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.integer(), size, async (count, rows, columns, first, piece) => {
        const pixels = Uint8Array.from({ length: count * rows * columns }, (_, i) => first + i);
        const read = await parse(imagesFile(pixels, rows, columns), 'images', 'images', piece);
        expect(read).toEqual({ count, rows, columns, bytes: pixels });
      }),
    );
  });

  it('reads any labels', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1 }), async (labels) => {
        expect((await parse(labelsFile(labels), 'labels', 'labels')).bytes).toEqual(labels);
      }),
    );
  });

  it('reads bytes that do not start at the start of their buffer', async () => {
    const file = imagesFile(Uint8Array.of(1, 2, 3, 4), 2, 2);
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect((await parse(shifted.subarray(3), 'images', 'images')).bytes).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  const values = [0, 1, 9, 127];
  it.each([
    0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e,
  ])('takes whole numbers of type %i as they are, in any pieces', async (type) => {
    for (const piece of [1, 3, 7, 64]) {
      expect((await parse(typedIdxFile(type, [4], values), 'x', 'labels', piece)).bytes).toEqual(
        Uint8Array.from(values),
      );
      expect(await parse(typedIdxFile(type, [1, 2, 2], values), 'x', 'images', piece)).toMatchObject({
        count: 1,
        rows: 2,
      });
    }
  });

  it('takes one column of labels, and images of one channel, first or last', async () => {
    expect((await parse(typedIdxFile(8, [4, 1], values), 'x', 'labels')).bytes).toEqual(Uint8Array.from(values));
    const shape = { count: 1, rows: 2, columns: 2, bytes: Uint8Array.from(values) };
    expect(await parse(typedIdxFile(8, [1, 2, 2, 1], values), 'x', 'images')).toEqual(shape);
    expect(await parse(typedIdxFile(8, [1, 1, 2, 2], values), 'x', 'images')).toEqual(shape);
  });

  it("takes the class from QMNIST's eight columns, whatever the others hold", async () => {
    const rows = [5, 0, 2600, 12, 5, 1, 0, 0, 3, 1, 3000, -7, 3, 2, 99999, 0];
    expect((await parse(typedIdxFile(0x0c, [2, 8], rows), 'x', 'labels')).bytes).toEqual(Uint8Array.of(5, 3));
  });

  const file = imagesFile(new Uint8Array(12), 2, 3);
  const ofType = (type: number, one: number) => typedIdxFile(type, [1, 1, 2], [3, one]);
  const bad: readonly [string, Uint8Array, RegExp][] = [
    ['no bytes', new Uint8Array(0), /has no content.* takes 16 bytes, but the file has 0/s],
    ['half a header', file.subarray(0, 9), /takes 16 bytes, but the file has 9/],
    ['a truncated body', file.subarray(0, 27), /2 images, 2 rows, 3 columns.* 28 bytes, but the file has 27/],
    ['trailing bytes', Uint8Array.of(...file, 0), /trailing bytes.* 28 bytes, but more comes/s],
    ['labels for images', labelsFile([1, 2]), /not a file of images.*1 dimension, 2, as a file of labels/s],
    ['something else', Uint8Array.of(0x51, 0x4b, 3, 4), /not an IDX file.*begins with 0x514b0304/s],
    ['a header that is little-endian', Uint8Array.of(3, 8, 0, 0, 1, 0, 0, 0), /little-endian \(0x03080000\)/],
    ['an element type that there is not', Uint8Array.of(0, 0, 0x0a, 3), /not an IDX file/],
    ['flat images', idxFile([2, 6], new Uint8Array(12)), /2 dimensions, 2 x 6: 2 rows of 6 numbers/],
    ['colours', idxFile([1, 2, 2, 3], new Uint8Array(12)), /1 x 2 x 2 x 3: images of more than one channel/],
    ['five dimensions', idxFile([1, 1, 1, 1, 1], new Uint8Array(1)), /5 dimensions; images have three/],
    ['no images', idxFile([0, 28, 28], new Uint8Array(0)), /is empty: its header says 0 images/],
    ['no columns', idxFile([5, 28, 0], new Uint8Array(0)), /0 columns/],
    ['floats that are no parts of 255', ofType(0x0d, 0.5), /go from 0.5 to 3 \(float32\), not all of them whole/],
    ['numbers above 255', ofType(0x0b, 256), /go from 3 to 256 \(int16\).*--pixel-max 256/s],
    ['negative numbers', ofType(0x09, -1), /go from -1 to 3 \(signed byte\)/],
    ['what is not a number', ofType(0x0e, Number.NaN), /some are no numbers \(NaN\) \(float64\)/],
  ];
  it.each(bad)('refuses %s', async (_, bytes, message) => {
    const error = await refusal(() => parse(bytes, 'some-file', 'images'));
    expect(error.message).toMatch(message);
    expect(error.what).toContain('some-file');
    expect(error.exitCode).toBe(2);
  });

  it.each([
    ['images', file, /3 dimensions, 2 x 2 x 3, as a file of images/],
    ['classes written as ten columns', idxFile([2, 10], new Uint8Array(20)), /10 numbers for each label/],
    ['a label beyond a byte', typedIdxFile(0x0c, [3], [1, 2, 300]), /label 2 is 300 \(type int32\)/],
  ])('refuses %s for labels', async (_, bytes, message) => {
    expect((await refusal(() => parse(bytes, 'labels', 'labels'))).message).toMatch(message);
  });

  it('allocates nothing for sizes beyond all bounds before the length of the file is looked at', async () => {
    const header = readIdxHeader(idxFile([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], new Uint8Array(0)), 'x', 'images');
    expect((await refusal(() => checkIdxLength(header, 19))).what).toBe('x is truncated');
  });
});
