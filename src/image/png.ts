// PNG, read: the one door to pngjs. Any colour type and depth, interlaced or not, becomes pixels.

import { PNG } from 'pngjs';
import type { Pixels } from './picture.ts';
import { readChunks } from './png-chunks.ts';

/** What is packed in the file has been measured when pngjs, which unpacks without a bound, gets to see it. */
export function decodePng(bytes: Uint8Array): Pixels {
  const { width, height, bare, orientation } = readChunks(bytes);
  const { data } = PNG.sync.read(Buffer.from(bare.buffer, bare.byteOffset, bare.byteLength), { checkCRC: false });
  return { width, height, channels: 4, data, orientation };
}
