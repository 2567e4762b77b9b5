// Our PNG files are byte for byte those that pngjs writes, whose encoder ours takes the place of.

import fc from 'fast-check';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { encodePng } from '../../src/image/png-encode.ts';

const types = { 1: 0, 3: 2, 4: 6 } as const;

function byPngjs(width: number, height: number, channels: 1 | 3 | 4, data: Uint8Array): Buffer {
  const colorType = types[channels];
  const png = Object.assign(new PNG({ width: 1, height: 1 }), { width, height, data: Buffer.from(data) });
  return PNG.sync.write(png, { colorType, inputColorType: colorType, inputHasAlpha: channels === 4 });
}

test('PNG files are those of pngjs, whatever the pixels', () => {
  // few values: lines that are alike, zeros, and sums that are equal
  const byte = fc.oneof(fc.constantFrom(0, 1, 255), fc.nat(255));
  const picture = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 6 }), fc.constantFrom(1, 3, 4));
  const pictures = picture.chain(([width, height, channels]) => {
    const bytes = width * height * channels;
    const line = fc.uint8Array({ minLength: width * channels, maxLength: width * channels });
    const noise = fc.array(byte, { minLength: bytes, maxLength: bytes }).map((values) => Uint8Array.from(values));
    const alike = line.map((one) => Uint8Array.from({ length: bytes }, (_, i) => one[i % one.length]!));
    return fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      channels: fc.constant(channels as 1 | 3 | 4),
      data: fc.oneof(noise, alike),
    });
  });
  fc.assert(
    fc.property(pictures, ({ width, height, channels, data }) => {
      const ours = encodePng(width, height, channels, data);
      expect(Buffer.compare(ours, byPngjs(width, height, channels, data))).toBe(0);
    }),
  );
});
