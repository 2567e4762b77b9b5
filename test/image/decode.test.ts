// Files -> pictures: every form of PNG, JPEGs of every orientation, and files that are made to cost memory and time.

import { deflateSync } from 'node:zlib';
import jpeg from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../src/image/decode.ts';
import type { Picture } from '../../src/image/picture.ts';
import { encodePng } from '../../src/image/png-encode.ts';
import { chunk, exif, greyPng, pngFile, withExif } from '../support/picture-files.ts';

/** Where 1 2 3 over 4 5 6 comes to lie. */
const orientations: [orientation: number, width: number, grey: number[]][] = [
  [1, 3, [1, 2, 3, 4, 5, 6]],
  [2, 3, [3, 2, 1, 6, 5, 4]],
  [3, 3, [6, 5, 4, 3, 2, 1]],
  [4, 3, [4, 5, 6, 1, 2, 3]],
  [5, 2, [1, 4, 2, 5, 3, 6]],
  [6, 2, [4, 1, 5, 2, 6, 3]],
  [7, 2, [6, 3, 5, 2, 4, 1]],
  [8, 2, [3, 6, 2, 5, 1, 4]],
];
const sixPixels = [0, 255, 255, 0, 255, 0];

const shown = ({ width, grey }: Picture) => [width, [...grey]];

describe('PNG', () => {
  it.each([1, 2, 4, 8, 16])('of %d bits of grey', (depth) => {
    expect([...decodePicture(pngFile({ width: 3, height: 2, depth, rows: packed(depth) })).grey]).toEqual(sixPixels);
  });

  // the program's own writer knows none of it: Adam7's passes of a picture of 3 x 2 are the pixels 0; none; none; 2; none; 1; 3 4 5
  it.each([1, 2, 4, 8, 16])('of %d bits of grey, interlaced', (depth) => {
    const pixel = (values: readonly number[]) => {
      const bits = values.map((value) => (value === 0 ? '0' : '1').repeat(depth)).join('');
      const bytes = bits.padEnd(8 * Math.ceil(bits.length / 8), '0').match(/.{8}/g)!;
      return [0, ...bytes.map((byte) => Number.parseInt(byte, 2))];
    };
    const [a, b, c, d, e, f] = sixPixels as [number, number, number, number, number, number];
    const rows = Uint8Array.from([pixel([a]), pixel([c]), pixel([b]), pixel([d, e, f])].flat());
    const bytes = pngFile({ width: 3, height: 2, depth, interlaced: true, rows });
    expect([...decodePicture(bytes).grey]).toEqual(sixPixels);
  });

  it('with a palette, with alpha, and dark or light strokes on nothing', () => {
    const palette = chunk('PLTE', Uint8Array.of(0, 0, 0, 255, 255, 255));
    for (const depth of [1, 2, 4, 8]) {
      const row = Uint8Array.of(0, depth === 8 ? 1 : 1 << (8 - depth), ...(depth === 8 ? [0] : []));
      const bytes = pngFile({ width: 2, height: 1, depth, type: 3, before: [palette], rows: row });
      expect([...decodePicture(bytes).grey]).toEqual([255, 0]);
    }
    const dark = encodePng(2, 1, 4, Uint8Array.of(0, 0, 0, 255, 0, 0, 0, 0));
    expect([...decodePicture(dark).grey]).toEqual([0, 255]);
    const light = encodePng(2, 1, 4, Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0));
    expect([...decodePicture(light).grey]).toEqual([255, 0]);
  });

  it('with its own orientation', () => {
    for (const [orientation, width, grey] of orientations) {
      for (const order of ['II', 'MM'] as const) {
        const bytes = greyPng(3, Uint8Array.of(1, 2, 3, 4, 5, 6), [chunk('eXIf', exif(orientation, order))]);
        expect(shown(decodePicture(bytes)), `${orientation} ${order}`).toEqual([width, grey]);
      }
    }
  });

  it('is read without its end, and named where pixels are missing, wrong or of another version', () => {
    const whole = greyPng(3, Uint8Array.of(1, 2, 3, 4, 5, 6));
    expect([...decodePicture(whole.subarray(0, -12)).grey]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(() => decodePicture(whole.subarray(0, -16))).toThrow('it is a damaged PNG: the pixels end too early');
    const spoilt = Buffer.from(whole);
    spoilt[whole.length - 20]! ^= 1;
    expect(() => decodePicture(spoilt)).toThrow('it is a damaged PNG: the checksum of its chunk IDAT is wrong');
    const short = pngFile({ width: 3, height: 3, rows: Uint8Array.of(0, 1, 2, 3) });
    expect(() => decodePicture(short)).toThrow('it is a damaged PNG: the pixels end too early');
    const unknown = pngFile({
      width: 1,
      height: 1,
      before: [chunk('NEWx', new Uint8Array(3))],
      rows: new Uint8Array(2),
    });
    expect(() => decodePicture(unknown)).toThrow('it is a PNG with a chunk NEWx, which is not supported');
  });

  it('is read as far as its pixels go, whatever some programs leave behind their end', () => {
    const rows = Uint8Array.from({ length: 29 * 28 }, (_, i) => (i % 29 === 0 ? 0 : i % 251));
    const grey = rows.filter((_, i) => i % 29 !== 0);
    for (const left of [1, 5, 812, 1000, 100_000].map((length) => new Uint8Array(length).fill(7))) {
      const packed = Buffer.concat([deflateSync(rows), left]);
      expect(decodePicture(pngFile({ width: 28, height: 28, packed })).grey, `${left.length}`).toEqual(grey);
    }
  });
});

describe('JPEG', () => {
  // blocks of 16 x 16 pixels of one grey each stay apart however they are packed
  const blocks = [30, 60, 90, 120, 150, 180];
  const photograph = jpegOf(
    48,
    Uint8Array.from({ length: 48 * 32 }, (_, i) => blocks[3 * (i >= 48 * 16 ? 1 : 0) + Math.floor((i % 48) / 16)]!),
  );

  it.each(orientations)('of orientation %d is turned upright', (orientation, width, numbers) => {
    for (const order of ['II', 'MM'] as const) {
      for (const [long, behindFirst] of [
        [false, false],
        [true, false],
        [false, true],
      ] as const) {
        // biome-ignore format: a table
        const { width: wide, height, grey } = decodePicture(withExif(photograph, exif(orientation, order, long), behindFirst));
        expect([wide, height]).toEqual([16 * width, (16 * 6) / width]);
        const middles = numbers.map((_, i) => grey[(16 * Math.floor(i / width) + 8) * wide + 16 * (i % width) + 8]!);
        const apart = numbers.map((number, i) => Math.abs(middles[i]! - blocks[number - 1]!));
        expect(Math.max(...apart)).toBeLessThan(8);
      }
    }
  });

  it('says nothing of its orientation where Exif is cut off, or holds no such number', () => {
    const whole = exif(6, 'MM');
    for (const tiff of [whole.subarray(0, 12), whole.subarray(0, 33), exif(9, 'II'), Buffer.from('XMP of some kind')]) {
      expect(decodePicture(withExif(photograph, tiff)).width).toBe(48);
    }
  });

  it('is read without its end marker, and named where it is cut off', () => {
    expect(decodePicture(photograph.subarray(0, -2)).grey).toEqual(decodePicture(photograph).grey);
    expect(() => decodePicture(photograph.subarray(0, 300))).toThrow(/^it is a damaged JPEG: /);
  });
});

describe('a file of few bytes', () => {
  it('is refused by its header, whatever size it claims', () => {
    for (const [width, height] of [
      [2 ** 30, 1],
      [65_535, 65_535],
      [4097, 4096],
    ] as const) {
      // biome-ignore format: a table
      expect(() => decodePicture(pngFile({ width, height, packed: new Uint8Array(0) }))).toThrow(
        `it has ${width}x${height} pixels, and 16.8 million are the limit`,
      );
    }
    const bytes = jpegOf(8, new Uint8Array(64));
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    bytes.writeUInt32BE((8000 << 16) | 8000, frame + 5);
    expect(() => decodePicture(bytes)).toThrow('it has 8000x8000 pixels, and 16.8 million are the limit');
    bytes.writeUInt32BE((4000 << 16) | 4000, frame + 5);
    expect(() => decodePicture(bytes)).toThrow('it is a damaged JPEG: the pixels end too early');
  });

  it('is refused if it has more chunks than any picture needs', () => {
    const before = [Buffer.concat(Array<Buffer>(100_000).fill(chunk('IDAT', new Uint8Array(0))))];
    expect(() => decodePicture(greyPng(1, Uint8Array.of(0), before))).toThrow('it has more than 100000 chunks');
  });

  it('is unpacked no further than its header says', () => {
    const bomb = deflateSync(new Uint8Array(2 ** 27), { level: 9 });
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decodePicture(pngFile({ width: 28, height: 28, packed: bomb }))).toThrow(
      'more is packed in it than its header says',
    );
    expect(() => decodePicture(pngFile({ width: 28, height: 28, interlaced: true, packed: bomb }))).toThrow(
      'more is packed in it than its header says',
    );
    const image = Uint8Array.from({ length: 784 }, (_, i) => i % 256);
    const extras = [
      chunk('iCCP', Buffer.concat([Buffer.from('profile\0\0', 'latin1'), bomb])),
      chunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), bomb])),
      chunk('iTXt', Buffer.concat([Buffer.from('Comment\0\x01\0\0\0', 'latin1'), bomb])),
      chunk('fdAT', bomb),
    ];
    for (const extra of extras) expect(decodePicture(greyPng(28, image, [extra])).grey).toEqual(image);
    // far less than the 128 MiB that each of them would have taken
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
  });
});

/** Three pixels a row. */
function packed(depth: number): Uint8Array {
  const rowBytes = Math.ceil((3 * depth) / 8);
  const rows = new Uint8Array(2 * (1 + rowBytes));
  sixPixels.forEach((value, i) => {
    if (value === 0) return;
    for (let bit = (i % 3) * depth; bit < ((i % 3) + 1) * depth; bit++) {
      rows[Math.floor(i / 3) * (1 + rowBytes) + 1 + (bit >> 3)]! |= 0x80 >> (bit & 7);
    }
  });
  return rows;
}

function jpegOf(width: number, grey: Uint8Array): Buffer {
  const data = Buffer.alloc(4 * grey.length, 255);
  grey.forEach((value, i) => {
    data.fill(value, 4 * i, 4 * i + 3);
  });
  return jpeg.encode({ width, height: grey.length / width, data }, 95).data;
}
