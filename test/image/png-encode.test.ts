// What our PNG files say is what pngjs, an independent reader, finds in them.

import fc from 'fast-check';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { encodePng, encodePngIn } from '../../src/image/png-encode.ts';

// few values: lines that are alike, zeros, and neighbours at equal distances
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

type Picture = { width: number; height: number; channels: 1 | 3 | 4; data: Uint8Array };

/** pngjs gives red, green, blue and alpha, whatever is in the file. */
function expectIn(file: Uint8Array, { width, height, channels, data }: Picture): void {
  const read = PNG.sync.read(Buffer.from(file));
  expect([read.width, read.height]).toEqual([width, height]);
  const found = Uint8Array.from({ length: data.length }, (_, i) => {
    return read.data[Math.floor(i / channels) * 4 + (i % channels)]!;
  });
  expect(found).toEqual(data);
}

test('small images are read as they were, whatever the pixels', () => {
  fc.assert(fc.property(pictures, (one) => expectIn(encodePng(one.width, one.height, one.channels, one.data), one)));
});

test('drawings are read as they were, whatever the pixels', () => {
  fc.assert(
    fc.property(pictures, (one) => {
      const { width, height, channels, data } = one;
      const room = new Uint8Array(data.length + height);
      room.set(data);
      expectIn(encodePngIn(room, width, height, channels), one);
    }),
  );
});

test('what is packed in much memory is read as it was', () => {
  const [width, height] = [200, 100];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * i) >> 7);
  expectIn(encodePng(width, height, 3, data), { width, height, channels: 3, data });
  const room = new Uint8Array(data.length + height);
  room.set(data);
  expectIn(encodePngIn(room, width, height, 3), { width, height, channels: 3, data });
});
