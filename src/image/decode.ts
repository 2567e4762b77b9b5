// Bytes of a file -> a picture, by what the bytes are and not by the file's name.

import { decodeJpeg } from './jpeg.ts';
import { type Picture, PictureError } from './picture.ts';
import { decodePng } from './png.ts';

const signatures = [
  { name: 'PNG', bytes: [0x89, 0x50, 0x4e, 0x47], decode: decodePng },
  { name: 'JPEG', bytes: [0xff, 0xd8, 0xff], decode: decodeJpeg },
] as const;

/** @throws PictureError */
export function decodePicture(bytes: Uint8Array): Picture {
  if (bytes.length === 0) throw new PictureError('it is empty');
  const found = signatures.find((signature) => signature.bytes.every((byte, i) => bytes[i] === byte));
  if (found === undefined) throw new PictureError('it is neither PNG nor JPEG');
  try {
    return found.decode(bytes);
  } catch (error) {
    if (error instanceof PictureError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    // some of the decoders' reasons end in a colon, with nothing behind it
    throw new PictureError(`it is a damaged ${found.name}: ${reason.replace(/[:\s]+$/, '')}`);
  }
}
