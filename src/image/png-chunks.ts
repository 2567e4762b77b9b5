// The chunks of a PNG file: read without unpacking anything but the pixels, and these no further than the header says. What
// else a file may hold, packed or not (profiles, texts, animations), is left out.

import { constants, crc32, inflateSync } from 'node:zlib';
import { orientationOf } from './exif.ts';
import { checkSize, PictureError } from './picture.ts';

export interface PngChunks {
  readonly width: number;
  readonly height: number;
  /** A file of the same picture with the chunks that its pixels need, and no others. */
  readonly bare: Uint8Array;
  /** Of Exif, 1 to 8. */
  readonly orientation: number;
}

const signatureBytes = 8;
/** The largest picture has a tenth of it; each takes memory, however empty it is. */
const maxChunks = 100_000;
const depths: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
const channels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Adam7: where each pass starts, and how far its pixels are apart. */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** @throws PictureError for what is beyond a limit, Error for what is damaged */
export function readChunks(bytes: Uint8Array): PngChunks {
  let header: Header | null = null;
  let orientation: number | null = null;
  const kept: Uint8Array[] = [bytes.subarray(0, signatureBytes)];
  const pixels: Uint8Array[] = [];
  let [at, chunks] = [signatureBytes, 0];
  // the end chunk may be missing, if the pixels are all there
  while (at + 12 <= bytes.length) {
    const { name, body, whole, sound } = chunkAt(bytes, at);
    at += whole.length;
    if (++chunks > maxChunks) throw new PictureError(`it has more than ${maxChunks} chunks`);
    if (name === 'IEND') break;
    const needed = /^[A-Z]/.test(name) || name === 'tRNS';
    if (needed && !sound) throw new Error(`the checksum of its chunk ${name} is wrong`);
    if (header === null) {
      if (name === 'CgBI') throw new PictureError("it is a PNG in Apple's own form (CgBI), which is not supported");
      if (name !== 'IHDR') throw new Error('it does not start with its header');
      header = readHeader(body);
    } else if (name === 'IHDR') throw new Error('it has two headers');
    else if (name === 'eXIf') orientation ??= sound ? orientationOf(body) : null;
    else if (name === 'IDAT') pixels.push(body);
    else if (needed && name !== 'PLTE' && name !== 'tRNS') {
      throw new PictureError(`it is a PNG with a chunk ${printable(name)}, which is not supported`);
    }
    const colours = (name === 'PLTE' && header.type === 3) || (name === 'tRNS' && header.type <= 3);
    if (name === 'IHDR' || colours) kept.push(whole);
  }
  if (header === null) throw new Error('it is cut off in its header');
  const packed = checkedPixels(header, joined(pixels));
  const { width, height } = header;
  const bare = joined([...kept, newChunk('IDAT', packed), newChunk('IEND', new Uint8Array(0))]);
  return { width, height, bare, orientation: orientation ?? 1 };
}

/** Size and orientation by the first bytes of a file, as far as the pixels; null where these are not reached. */
export function pngSize(head: Uint8Array): { width: number; height: number; orientation: number } | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  let header: Header | null = null;
  let orientation: number | null = null;
  for (let at = signatureBytes; at + 8 <= head.length; ) {
    const name = String.fromCharCode(...head.subarray(at + 4, at + 8));
    if (name === 'IDAT') break;
    const end = at + 12 + view.getUint32(at);
    if (end > head.length) return null;
    const { body, sound } = chunkAt(head, at);
    if (header === null) {
      // whatever else is wrong is said when it is decoded
      if (name !== 'IHDR') break;
      header = readHeader(body);
    } else if (name === 'eXIf') orientation ??= sound ? orientationOf(body) : null;
    at = end;
  }
  return header === null ? null : { width: header.width, height: header.height, orientation: orientation ?? 1 };
}

function newChunk(name: string, body: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(12 + body.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length);
  chunk.set(Buffer.from(name, 'latin1'), 4);
  chunk.set(body, 8);
  view.setUint32(8 + body.length, crc32(chunk.subarray(4, 8 + body.length)));
  return chunk;
}

function chunkAt(bytes: Uint8Array, at: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(at);
  const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  const end = at + 12 + length;
  if (end > bytes.length) throw new Error(name === 'IDAT' ? 'the pixels end too early' : 'it ends too early');
  const sound = crc32(bytes.subarray(at + 4, end - 4)) === view.getUint32(end - 4);
  return { name, body: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end), sound };
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly type: number;
  readonly interlaced: boolean;
}

function readHeader(body: Uint8Array): Header {
  if (body.length !== 13) throw new Error('its header has another length');
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const [depth, type, compression, filter, interlace] = body.subarray(8) as unknown as [number, number, number, number, number]; // biome-ignore format: the fields of the header
  if (!depths[type]?.includes(depth)) throw new Error(`there is no colour type ${type} of ${depth} bits`);
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    throw new PictureError('it is a PNG packed in a way that is not supported');
  }
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  checkSize(width, height);
  return { width, height, depth, type, interlaced: interlace === 1 };
}

/** They unpack to just what the header says. What some programs leave behind their end is cut off: pngjs stumbles over it. */
function checkedPixels(header: Header, packed: Uint8Array): Uint8Array {
  const expected = pixelBytes(header);
  let found: Unpacked;
  try {
    // flushed as it stands: a checksum that is cut off behind the last pixel takes nothing away
    const options = { maxOutputLength: expected, finishFlush: constants.Z_SYNC_FLUSH, info: true };
    found = inflateSync(packed, options) as unknown as Unpacked;
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new Error('more is packed in it than its header says', { cause });
    throw cause;
  }
  if (found.buffer.length < expected) throw new Error('the pixels end too early');
  return packed.subarray(0, found.engine.bytesWritten);
}

/** What zlib answers when it is asked for `info`. */
interface Unpacked {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

function pixelBytes({ width, height, depth, type, interlaced }: Header): number {
  const rows = (w: number, h: number) => (w === 0 ? 0 : h * (1 + Math.ceil((w * depth * channels[type]!) / 8)));
  if (!interlaced) return rows(width, height);
  return passes.reduce(
    (sum, [x, y, dx, dy]) =>
      sum + rows(Math.max(0, Math.ceil((width - x) / dx)), Math.max(0, Math.ceil((height - y) / dy))),
    0,
  );
}

function printable(name: string): string {
  return /^[A-Za-z]{4}$/.test(name) ? name : 'of no proper name';
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
