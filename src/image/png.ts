// PNG: the one door to fast-png. Any colour type and depth becomes a picture; pixels of one or three bytes become PNG.

import { decode, encode } from 'fast-png';
import { checkSize, luminance, opaque, type Picture } from './picture.ts';

/** `channels`: 1 grey, 3 red, green, blue, 4 alpha as well; a byte each. */
export function encodePng(width: number, height: number, channels: 1 | 3 | 4, data: Uint8Array): Uint8Array {
  return encode({ width, height, channels, depth: 8, data });
}

export function decodePng(bytes: Uint8Array): Picture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // before anything is unpacked: a few bytes may hold a picture of any size
  if (bytes.length >= 24) checkSize(view.getUint32(16), view.getUint32(20));
  const { width, height, data, depth, channels, palette, transparency } = decode(bytes, { checkCrc: true });
  const perRow = depth < 8 ? Math.ceil((width * channels * depth) / 8) : width * channels;
  if (data.length < perRow * height) throw new Error('the pixels end too early');
  const most = 2 ** depth - 1;
  const sample = (x: number, y: number, channel: number): number => {
    const at = x * channels + channel;
    if (depth >= 8) return data[y * perRow + at]!;
    const bit = at * depth;
    return (data[y * perRow + (bit >> 3)]! >> (8 - depth - (bit & 7))) & most;
  };

  const brightness = new Float32Array(width * height);
  const alpha = new Uint8Array(width * height).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (palette !== undefined) {
        const colour = palette[sample(x, y, 0)];
        if (colour === undefined) throw new Error('a pixel has a colour that the palette lacks');
        brightness[i] = luminance(colour[0]!, colour[1]!, colour[2]!);
        alpha[i] = colour[3] ?? 255;
        continue;
      }
      const colours = Array.from({ length: channels < 3 ? 1 : 3 }, (_, c) => sample(x, y, c));
      const [red, green = red, blue = red] = colours as [number, number?, number?];
      brightness[i] = (luminance(red, green, blue) * 255) / most;
      if (channels % 2 === 0) alpha[i] = Math.round((sample(x, y, channels - 1) * 255) / most);
      else if (transparency?.length && colours.every((value, c) => value === transparency[c])) alpha[i] = 0;
    }
  }
  return opaque(width, height, brightness, alpha);
}
