// The segments of a JPEG file, read without decoding anything: how large it is, what of JPEG it uses, and which way up it is.

import { orientationOf } from './exif.ts';
import { checkSize, PictureError } from './picture.ts';

export interface JpegSegments {
  readonly width: number;
  readonly height: number;
  /** The components are red, green and blue, and not luminance and two colours. */
  readonly rgb: boolean;
  /** Of Exif, 1 to 8. */
  readonly orientation: number;
  /** Whether the marker that ends the file is there. */
  readonly ended: boolean;
}

const marker = { restart0: 0xd0, restart7: 0xd7, start: 0xd8, end: 0xd9, scan: 0xda, app1: 0xe1, app14: 0xee } as const;

/** Frames that the decoder does not read. */
const unread = new Map<number, string>([
  [0xc3, 'lossless coding'],
  [0xc5, 'a hierarchy of frames'],
  [0xc6, 'a hierarchy of frames'],
  [0xc7, 'a hierarchy of frames'],
  [0xde, 'a hierarchy of frames'],
  [0xc9, 'arithmetic coding'],
  [0xca, 'arithmetic coding'],
  [0xcb, 'arithmetic coding'],
  [0xcd, 'arithmetic coding'],
  [0xce, 'arithmetic coding'],
  [0xcf, 'arithmetic coding'],
  [0xf7, 'the coding of JPEG-LS'],
]);

/** Usual are 1 to 10. Every scan goes over the whole picture, however few bytes it has. */
const maxScans = 64;

/** @throws PictureError for what is beyond a limit, Error for what is damaged */
export function readSegments(bytes: Uint8Array): JpegSegments {
  let frame: Frame | null = null;
  let orientation: number | null = null;
  let adobe: number | null = null;
  let [scans, ended] = [0, false];
  for (const { kind, body } of segmentsOf(bytes)) {
    if (kind === marker.end) ended = true;
    if (isFrame(kind)) {
      if (frame !== null) throw notRead('more than one frame');
      frame = readFrame(body);
    }
    if (kind === marker.app1) orientation ??= orientationIn(body);
    if (kind === marker.app14 && text(body, 5) === 'Adobe') adobe = body[11] ?? null;
    if (kind === marker.scan && ++scans > maxScans) throw notRead(`more than ${maxScans} scans`);
  }
  if (frame === null || scans === 0) throw new Error('the picture itself is missing');
  const { width, height, ids } = frame;
  // each block of 8 x 8 pixels takes a bit at the very least
  if (bytes.length * 8 < Math.ceil(width / 8) * Math.ceil(height / 8)) throw new Error('the pixels end too early');
  if (ids.length === 4 && adobe === null) throw notRead('four colours of which it does not say what they are');
  const rgb = ids.length === 3 && (adobe === 0 || (adobe === null && String.fromCharCode(...ids) === 'RGB'));
  return { width, height, rgb, orientation: orientation ?? 1, ended };
}

/** Size and orientation by the first bytes of a file, as far as the pixels; null where these are not reached. */
export function jpegSize(head: Uint8Array): { width: number; height: number; orientation: number } | null {
  let frame: Frame | null = null;
  let orientation: number | null = null;
  for (const { kind, body, whole } of segmentsOf(head)) {
    if (!whole) return null;
    if (isFrame(kind)) frame ??= readFrame(body);
    if (kind === marker.app1) orientation ??= orientationIn(body);
    if (kind === marker.scan) break;
  }
  return frame === null ? null : { width: frame.width, height: frame.height, orientation: orientation ?? 1 };
}

interface Segment {
  readonly kind: number;
  readonly body: Uint8Array;
  /** It is as long as it says. */
  readonly whole: boolean;
}

/** From the first to the one that ends the picture; those between that have no body are left out. */
function* segmentsOf(bytes: Uint8Array): Generator<Segment> {
  let at = 2;
  while (at < bytes.length) {
    if (bytes[at] !== 0xff || bytes[at + 1] === 0xff) {
      at++;
      continue;
    }
    const kind = bytes[at + 1] ?? 0;
    at += 2;
    if (kind === marker.end) {
      yield { kind, body: bytes.subarray(at, at), whole: true };
      return;
    }
    if (kind <= 0x01 || (kind >= marker.restart0 && kind <= marker.end)) continue;
    const limit = unread.get(kind);
    if (limit !== undefined) throw notRead(limit);
    const length = Math.max(2, (bytes[at]! << 8) | bytes[at + 1]!);
    const body = bytes.subarray(at + 2, at + length);
    yield { kind, body, whole: at + length <= bytes.length };
    at += 2 + body.length;
  }
}

function isFrame(kind: number): boolean {
  return kind >= 0xc0 && kind <= 0xc2;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  /** One of each component. */
  readonly ids: readonly number[];
}

function readFrame(body: Uint8Array): Frame {
  const [precision, h1, h0, w1, w0, count] = body;
  if (count === undefined || body.length < 6 + 3 * count) throw new Error('the head of the picture is cut off');
  if (precision !== 8) throw notRead(`${precision} bits a sample`);
  const [width, height] = [(w1! << 8) | w0!, (h1! << 8) | h0!];
  if (height === 0) throw notRead('its height behind its pixels');
  checkSize(width, height);
  if (![1, 3, 4].includes(count)) throw notRead(`${count} components`);
  const components = Array.from({ length: count }, (_, i) => body.subarray(6 + 3 * i, 9 + 3 * i));
  if (new Set(components.map(([id]) => id)).size !== count) throw new Error('two of its components have one number');
  for (const [, sampling] of components) {
    if ([sampling! >> 4, sampling! & 15].some((factor) => factor < 1 || factor > 4)) {
      throw new Error('a component is sampled in no way that there is');
    }
  }
  return { width, height, ids: components.map(([id]) => id!) };
}

/** Other programs put other things into the same segment (XMP). */
function orientationIn(body: Uint8Array): number | null {
  return text(body, 5) === 'Exif\0' ? orientationOf(body.subarray(6)) : null;
}

function text(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}

function notRead(what: string): PictureError {
  return new PictureError(`it is a JPEG with ${what}, which is not supported: baseline and progressive ones are`);
}
