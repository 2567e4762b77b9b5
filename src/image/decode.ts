// Bytes of a file -> its pixels, or a picture of them, by what the bytes are and not by the file's name.

import { messageOf } from '../errors.ts';
import { upright } from './exif.ts';
import { decodeJpeg } from './jpeg.ts';
import { jpegSize } from './jpeg-segments.ts';
import { type Picture, PictureError, type Pixels, pictureOf } from './picture.ts';
import { decodePng } from './png.ts';
import { pngSize } from './png-chunks.ts';

const signatures = [
  { name: 'PNG', bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], decode: decodePng, sizeOf: pngSize },
  { name: 'JPEG', bytes: [0xff, 0xd8, 0xff], decode: decodeJpeg, sizeOf: jpegSize },
] as const;

/** What else people take for a picture; `?` stands for any byte. */
const others: readonly (readonly [start: string, name: string])[] = [
  ['GIF8', 'a GIF'],
  ['RIFF????WEBP', 'WebP'],
  ['????ftyphei', 'HEIC'],
  ['????ftyphev', 'HEIC'],
  ['????ftypmif1', 'HEIC'],
  ['????ftypmsf1', 'HEIC'],
  ['????ftypavif', 'AVIF'],
  ['????ftyp', 'a film'],
  ['BM????\0\0\0\0', 'a BMP'],
  ['II*\0', 'a TIFF'],
  ['MM\0*', 'a TIFF'],
  ['\0\0\0\x0cjP  ', 'JPEG 2000'],
  ['\xffO\xffQ', 'JPEG 2000'],
  ['\0\0\0\x0cJXL ', 'JPEG XL'],
  ['\xff\x0a', 'JPEG XL'],
  ['%PDF', 'a PDF'],
  ['<svg', 'SVG'],
  ['<?xml', 'XML'],
  ['<!DOCTYPE', 'a web page'],
  ['<html', 'a web page'],
  ['8BPS', 'a PSD'],
  ['\0\0\x01\0', 'an icon'],
  ['\x8aMNG', 'an MNG'],
  ['P1', 'a PBM'],
  ['P2', 'a PGM'],
  ['P3', 'a PPM'],
  ['P4', 'a PBM'],
  ['P5', 'a PGM'],
  ['P6', 'a PPM'],
  ['\0\0\x08\x03', 'a file of IDX images'],
  ['\x1f\x8b', 'packed with gzip'],
  ['PK\x03\x04', 'a ZIP'],
];

/** As somebody shows it to a trained model. @throws PictureError */
export function decodePicture(bytes: Uint8Array): Picture {
  const pixels = decodePixels(bytes);
  return upright(pictureOf(pixels), pixels.orientation);
}

/** As the file holds them. @throws PictureError */
export function decodePixels(bytes: Uint8Array): Pixels {
  const found = signatureOf(bytes);
  return told(found.name, () => found.decode(bytes));
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** How large it is when it stands upright, by its first bytes; null where they are too few to tell. @throws PictureError */
export function sizeOfPicture(head: Uint8Array): PictureSize | null {
  const found = signatureOf(head);
  const size = told(found.name, () => found.sizeOf(head));
  if (size === null) return null;
  const { width, height, orientation } = size;
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

function signatureOf(bytes: Uint8Array) {
  if (bytes.length === 0) throw new PictureError('it is empty');
  const found = signatures.find((signature) => signature.bytes.every((byte, i) => bytes[i] === byte));
  if (found === undefined) throw new PictureError(whatElse(bytes));
  return found;
}

function told<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof PictureError) throw error;
    const reason = messageOf(error);
    // some of the decoders' reasons end in a colon, with nothing behind it
    throw new PictureError(`it is a damaged ${name}: ${reason.replace(/[:\s]+$/, '')}`);
  }
}

function whatElse(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 64));
  if (/^.PNG/s.test(start)) return 'it is a PNG that was damaged on its way, as when it is sent as a text';
  if (start.startsWith('version https://git-lfs'))
    return 'it is a pointer of Git LFS, and git lfs pull fetches the picture';
  const trimmed = start.replace(/^(\xef\xbb\xbf)?\s+/, '');
  const other = others.find(([pattern]) =>
    [...pattern].every((letter, i) => letter === '?' || trimmed[i] === letter || start[i] === letter),
  );
  return other === undefined
    ? 'it is neither PNG nor JPEG'
    : `it is ${other[1]}, and only PNG and JPEG can be read: save it as one of them`;
}
