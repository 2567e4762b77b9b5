// PNG files of every kind, good and bad, and Exif as cameras write it: made by hand, so that nothing is taken from the
// program's own readers.

import { crc32, deflateSync } from 'node:zlib';

/** One chunk of a PNG file. */
export function chunk(name: string, body: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), body]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(body.length);
  ends.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
}

export interface PngParts {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  readonly type?: number;
  readonly interlaced?: boolean;
  /** Chunks before the pixels. */
  readonly before?: readonly Uint8Array[];
  /** Rows as they are packed, each with its filter's byte; or the packed bytes themselves. */
  readonly rows?: Uint8Array;
  readonly packed?: Uint8Array;
}

export function pngFile({
  width,
  height,
  depth = 8,
  type = 0,
  interlaced = false,
  before = [],
  rows,
  packed,
}: PngParts) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([depth, type, 0, 0, interlaced ? 1 : 0], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    ...before,
    chunk('IDAT', packed ?? deflateSync(rows!)),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

/** A grey picture, a byte a pixel. */
export function greyPng(width: number, grey: Uint8Array, before: readonly Uint8Array[] = []): Buffer {
  const height = grey.length / width;
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) rows.set(grey.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return pngFile({ width, height, rows, before });
}

/** The directory that cameras write: a maker's name, the orientation, and where it goes on. */
export function exif(orientation: number, order: 'II' | 'MM', long = false): Buffer {
  const little = order === 'II';
  const bytes = Buffer.alloc(70);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  bytes.write(order, 'latin1');
  view.setUint16(2, 42, little);
  // not right behind the header, as some writers do
  view.setUint32(4, 16, little);
  view.setUint16(16, 2, little);
  const entry = (at: number, tag: number, type: number, count: number, value: number) => {
    view.setUint16(at, tag, little);
    view.setUint16(at + 2, type, little);
    view.setUint32(at + 4, count, little);
    if (type === 3) view.setUint16(at + 8, value, little);
    else view.setUint32(at + 8, value, little);
  };
  entry(18, 0x010f, 2, 8, 60);
  entry(30, 0x0112, long ? 4 : 3, 1, orientation);
  bytes.write('A maker\0', 60, 'latin1');
  return bytes;
}

/** A JPEG with a segment of Exif behind its first marker, or behind its first segment. */
export function withExif(jpeg: Uint8Array, tiff: Uint8Array, behindFirst = false): Buffer {
  const at = behindFirst ? 4 + ((jpeg[4]! << 8) | jpeg[5]!) : 2;
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const head = Buffer.from([0xff, 0xe1, (body.length + 2) >> 8, (body.length + 2) & 255]);
  return Buffer.concat([jpeg.subarray(0, at), head, body, jpeg.subarray(at)]);
}
