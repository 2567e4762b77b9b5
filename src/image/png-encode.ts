// Pixels -> the bytes of a PNG file: of one IDAT, each line with the filter whose differences are smallest. The bytes are those
// that pngjs would write, sooner: many lines of a drawing are like the one above, and need not be looked at.

import { crc32, constants as deflate, deflateSync } from 'node:zlib';

const colourTypes = { 1: 0, 3: 2, 4: 6 } as const;
const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);

/** By their numbers in the file. */
const Filter = { none: 0, sub: 1, up: 2, average: 3, paeth: 4 } as const;
type Filter = (typeof Filter)[keyof typeof Filter];

/** `channels`: 1 grey, 3 red, green, blue, 4 alpha as well; a byte each. */
export function encodePng(width: number, height: number, channels: 1 | 3 | 4, data: Uint8Array): Uint8Array {
  const room = new Uint8Array(data.length + height);
  room.set(data);
  return encodePngIn(room, width, height, channels);
}

/** The same without a copy of its own: the pixels are at the start of `room`, which has `height` bytes more, and is used up. */
export function encodePngIn(room: Uint8Array, width: number, height: number, channels: 1 | 3 | 4): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colourTypes[channels]], 8);
  filter(room, width * channels, height, channels);
  const packed = deflateSync(room, {
    chunkSize: 32 * 1024,
    level: 9,
    strategy: deflate.Z_RLE,
  });
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', packed), chunk('IEND', new Uint8Array(0))]);
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(content.length + 12);
  bytes.writeUInt32BE(content.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(content, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4);
  return bytes;
}

/** In place, from the last line to the first: each goes further back by one byte for each line before it, and one for its filter. */
function filter(room: Uint8Array, lineBytes: number, lines: number, channels: number): void {
  // what lies left of a line and above the first one counts as 0
  const zero = new Uint8Array(channels + lineBytes);
  let [above, line] = [zero.slice(), zero.slice()];
  const read = (y: number, target: Uint8Array) =>
    target.set(room.subarray(y * lineBytes, (y + 1) * lineBytes), channels);
  if (lines > 0) read(lines - 1, line);
  for (let y = lines - 1; y >= 0; y--) {
    if (y > 0) read(y - 1, above);
    else above.fill(0);
    const at = y * (lineBytes + 1);
    if (Buffer.compare(line, above) === 0) {
      room[at] = Buffer.compare(line, zero) === 0 ? Filter.none : Filter.up;
      room.fill(0, at + 1, at + 1 + lineBytes);
    } else {
      const best = bestFilter(line, above, channels);
      room[at] = best;
      write(best, line, above, channels, room, at + 1);
    }
    [above, line] = [line, above];
  }
}

/** The one with the smallest sum of absolute differences; of equal ones that of the smallest number. */
function bestFilter(line: Uint8Array, above: Uint8Array, channels: number): Filter {
  let sub = 0;
  let up = 0;
  for (let x = channels; x < line.length; x++) {
    const here = line[x]!;
    sub += Math.abs(here - line[x - channels]!);
    up += Math.abs(here - above[x]!);
  }
  // the others are looked at as far as they may be the smallest
  let least = Math.min(sub, up);
  let best: Filter = sub <= up ? Filter.sub : Filter.up;
  let none = 0;
  for (let x = channels; x < line.length && none <= least; x++) none += line[x]!;
  if (none <= least) [least, best] = [none, Filter.none];
  let average = 0;
  for (let x = channels; x < line.length && average < least; x++) {
    average += Math.abs(line[x]! - ((line[x - channels]! + above[x]!) >> 1));
  }
  if (average < least) [least, best] = [average, Filter.average];
  let paethSum = 0;
  for (let x = channels; x < line.length && paethSum < least; x++) {
    paethSum += Math.abs(line[x]! - paeth(line[x - channels]!, above[x]!, above[x - channels]!));
  }
  return paethSum < least ? Filter.paeth : best;
}

function write(
  filter: Filter,
  line: Uint8Array,
  above: Uint8Array,
  channels: number,
  target: Uint8Array,
  at: number,
): void {
  // a loop each: this is done for every byte of a drawing
  const to = at - channels;
  switch (filter) {
    case Filter.none:
      return target.set(line.subarray(channels), at);
    case Filter.sub:
      for (let x = channels; x < line.length; x++) target[to + x] = line[x]! - line[x - channels]!;
      return;
    case Filter.up:
      for (let x = channels; x < line.length; x++) target[to + x] = line[x]! - above[x]!;
      return;
    case Filter.average:
      for (let x = channels; x < line.length; x++) {
        target[to + x] = line[x]! - ((line[x - channels]! + above[x]!) >> 1);
      }
      return;
    case Filter.paeth:
      for (let x = channels; x < line.length; x++) {
        target[to + x] = line[x]! - paeth(line[x - channels]!, above[x]!, above[x - channels]!);
      }
  }
}

/** Of the three neighbours the one nearest to what a plane through them would have here. */
function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
