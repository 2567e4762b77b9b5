// Pixels -> the bytes of a PNG file of one IDAT. Made for what a report is full of, and not for photographs: small grey images,
// and drawings, most of whose lines are like the one above. Smaller files could be had by trying all filters on each line; for
// drawings that would be a thirtieth, and small images are smallest without any.

import { crc32, constants as deflate, deflateSync } from 'node:zlib';

const colourTypes = { 1: 0, 3: 2, 4: 6 } as const;
const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);

/** By their numbers in the file. */
const Filter = { none: 0, up: 2, paeth: 4 } as const;

/** What takes less is packed in little memory: to make room for the rest takes ten times as long as to pack it. */
const SMALL = 2 ** 14;

/** `channels`: 1 grey, 3 red, green, blue, 4 alpha as well; a byte each. For images of some hundred pixels: no line is filtered. */
export function encodePng(width: number, height: number, channels: 1 | 3 | 4, data: Uint8Array): Uint8Array {
  const lineBytes = width * channels;
  const lines = new Uint8Array(data.length + height);
  for (let y = 0; y < height; y++) {
    lines.set(data.subarray(y * lineBytes, (y + 1) * lineBytes), y * (lineBytes + 1) + 1);
  }
  return file(lines, width, height, channels);
}

/**
 * For drawings: without a copy of its own. The pixels are at the start of `room`, which has `height` bytes more, and is used up.
 */
export function encodePngIn(room: Uint8Array, width: number, height: number, channels: 1 | 3 | 4): Uint8Array {
  filter(room, width * channels, height, channels);
  return file(room, width, height, channels);
}

function file(lines: Uint8Array, width: number, height: number, channels: 1 | 3 | 4): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colourTypes[channels]], 8);
  // runs of one byte alone are looked for: they need no window
  const packed = deflateSync(lines, {
    level: 9,
    strategy: deflate.Z_RLE,
    ...(lines.length < SMALL ? { chunkSize: 4096, windowBits: 9, memLevel: 4 } : { chunkSize: 32 * 1024 }),
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
      room[at] = Filter.up;
      room.fill(0, at + 1, at + 1 + lineBytes);
    } else {
      room[at] = Filter.paeth;
      writePaeth(line, above, channels, room, at + 1 - channels);
    }
    [above, line] = [line, above];
  }
}

/** Of each byte what it is more than that of its three neighbours which is nearest to a plane through them: left, up or corner. */
function writePaeth(line: Uint8Array, above: Uint8Array, channels: number, target: Uint8Array, to: number): void {
  for (let x = channels; x < line.length; x++) {
    const left = line[x - channels]!;
    const up = above[x]!;
    const corner = above[x - channels]!;
    const toLeft = Math.abs(up - corner);
    const toUp = Math.abs(left - corner);
    const toCorner = Math.abs(left + up - 2 * corner);
    const nearest = toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    target[to + x] = line[x]! - nearest;
  }
}
