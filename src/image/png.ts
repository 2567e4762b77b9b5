// PNG: the one door to pngjs. Any colour type and depth, interlaced or not, becomes a picture; pixels of one, three or four
// bytes become PNG.

import { PNG } from 'pngjs';
import { upright } from './exif.ts';
import { type Picture, pictureOf } from './picture.ts';
import { readChunks } from './png-chunks.ts';

const colourTypes = { 1: 0, 3: 2, 4: 6 } as const;

/** `channels`: 1 grey, 3 red, green, blue, 4 alpha as well; a byte each. */
export function encodePng(width: number, height: number, channels: 1 | 3 | 4, data: Uint8Array): Uint8Array {
  const png = new PNG({ width: 1, height: 1 });
  const type = colourTypes[channels];
  const pixels = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return PNG.sync.write(Object.assign(png, { width, height, data: pixels }), {
    colorType: type,
    inputColorType: type,
    inputHasAlpha: channels === 4,
  });
}

/** What is packed in the file has been measured when pngjs, which unpacks without a bound, gets to see it. */
export function decodePng(bytes: Uint8Array): Picture {
  const { width, height, bare, orientation } = readChunks(bytes);
  const { data } = PNG.sync.read(Buffer.from(bare.buffer, bare.byteOffset, bare.byteLength), { checkCRC: false });
  return upright(pictureOf(width, height, data, 4), orientation);
}
