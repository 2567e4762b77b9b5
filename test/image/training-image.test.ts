// Pictures as networks learn from them: grey by whole numbers, in the size that is wanted, each step against values that were
// worked out by hand. What Pillow makes of the same is in against-pillow.test.ts.

import { describe, expect, it } from 'vitest';
import { PictureError, type Pixels } from '../../src/image/picture.ts';
import { greyOf } from '../../src/image/pixels-grey.ts';
import { encodePng } from '../../src/image/png-encode.ts';
import { toSize } from '../../src/image/to-size.ts';
import { trainingImage } from '../../src/image/training-image.ts';
import { chunk, exif, greyPng, pngFile } from '../support/picture-files.ts';

const pixels = (channels: 3 | 4, ...data: number[]): Pixels => ({
  width: data.length / channels,
  height: 1,
  channels,
  data: Uint8Array.from(data),
  orientation: 1,
});
const resized = (width: number, grey: number[], rows: number, columns: number) => [
  ...toSize({ width, height: grey.length / width, grey: Uint8Array.from(grey) }, rows, columns).grey,
];

describe('grey', () => {
  it('stays what it is, and colours are weighted as the eye does it', () => {
    const all = Array.from({ length: 256 }, (_, value) => [value, value, value]).flat();
    expect([...greyOf(pixels(3, ...all), false).grey]).toEqual([...Array(256).keys()]);
    // 0.299, 0.587 and 0.114 of 255
    expect([...greyOf(pixels(3, 255, 0, 0, 0, 255, 0, 0, 0, 255), true).grey]).toEqual([76, 150, 29]);
  });

  it('is asked for: colours alone are refused, but not those of what nobody sees', () => {
    expect(() => greyOf(pixels(3, 1, 1, 1, 1, 1, 2), false)).toThrow('it has colours');
    expect([...greyOf(pixels(4, 9, 8, 7, 0, 5, 5, 5, 255), false).grey]).toEqual([0, 5]);
  });

  it('lies on black where it shows through', () => {
    expect([...greyOf(pixels(4, 255, 255, 255, 128, 200, 200, 200, 64, 255, 255, 255, 0), false).grey]).toEqual([
      128, 50, 0,
    ]);
    expect(() => greyOf(pixels(4, 0, 0, 0, 255, 0, 0, 0, 0), false)).toThrow('nothing is left');
    // black all over, or nothing at all, is what the file says
    expect([...greyOf(pixels(4, 0, 0, 0, 255), false).grey]).toEqual([0]);
    expect([...greyOf(pixels(4, 0, 0, 0, 0), false).grey]).toEqual([0]);
  });
});

describe('another size', () => {
  it('that is smaller: means, weighted by a triangle over twice the part that is covered', () => {
    // 4 -> 2: weights 3 3 1 over the first three (7 in all), for a centre at 1: distances 0.5 0.5 1.5 of a reach of 2
    expect(resized(4, [70, 0, 0, 0], 1, 2)).toEqual([30, 0]);
    expect(resized(4, [0, 0, 70, 0], 1, 2)).toEqual([10, 30]);
    expect(resized(1, [0, 0, 70, 0], 2, 1)).toEqual([10, 30]);
  });

  it('that is larger: between neighbours, and the outermost as they are', () => {
    expect(resized(2, [0, 100], 1, 4)).toEqual([0, 25, 75, 100]);
    expect(resized(2, [0, 100], 2, 4)).toEqual([0, 25, 75, 100, 0, 25, 75, 100]);
    expect(resized(1, [7], 2, 3)).toEqual([7, 7, 7, 7, 7, 7]);
  });

  it('keeps one value all over, and black and white', () => {
    for (const value of [0, 1, 127, 254, 255]) {
      for (const [rows, columns] of [
        [28, 28],
        [3, 50],
        [101, 1],
      ] as const) {
        expect(new Set(resized(13, Array(13 * 31).fill(value), rows, columns))).toEqual(new Set([value]));
      }
    }
  });
});

describe('an image', () => {
  const wanted = { rows: 2, columns: 3, resized: false, grey: false };
  const six = Uint8Array.of(1, 2, 3, 4, 5, 6);

  it('of the wanted size is what the file holds, turned upright', () => {
    expect([...trainingImage(greyPng(3, six), wanted)]).toEqual([...six]);
    const turned = greyPng(2, Uint8Array.of(3, 6, 2, 5, 1, 4), [chunk('eXIf', exif(6, 'II'))]);
    expect([...trainingImage(turned, wanted)]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('of 16 bits is rounded to the nearest byte', () => {
    const rows = Uint8Array.of(0, 0, 0, 0, 128, 0, 129, 255, 255);
    const file = pngFile({ width: 4, height: 1, depth: 16, rows });
    expect([...trainingImage(file, { ...wanted, rows: 1, columns: 4 })]).toEqual([0, 0, 1, 255]);
  });

  it('of another size is refused, or brought to it', () => {
    const file = greyPng(2, Uint8Array.of(0, 100));
    const refused = () => trainingImage(file, { ...wanted, rows: 1, columns: 4 });
    expect(refused).toThrow(PictureError);
    expect(refused).toThrow('it has 1x2 pixels (rows x columns), and others have 1x4');
    expect([...trainingImage(file, { ...wanted, rows: 1, columns: 4, resized: true })]).toEqual([0, 25, 75, 100]);
  });

  it('with colours is refused, or made grey', () => {
    const red = encodePng(1, 1, 3, Uint8Array.of(255, 0, 0));
    const size = { rows: 1, columns: 1, resized: false };
    expect(() => trainingImage(red, { ...size, grey: false })).toThrow('it has colours');
    expect([...trainingImage(red, { ...size, grey: true })]).toEqual([76]);
  });
});
