// The bytes of a picture's file -> the image that a network is trained on: decoded, made grey, turned upright and brought to its
// size, in this order and by whole numbers, so that it is the same on every machine. Knows nothing of where the file lies.

import { decodePixels } from './decode.ts';
import { upright } from './exif.ts';
import { PictureError } from './picture.ts';
import { greyOf } from './pixels-grey.ts';
import { toSize } from './to-size.ts';

export interface WantedImage {
  readonly rows: number;
  readonly columns: number;
  /** Pictures of another size are brought to this one; else they are refused. */
  readonly resized: boolean;
  /** Colours are made grey; else they are refused. */
  readonly grey: boolean;
}

/** rows x columns bytes. @throws PictureError */
export function trainingImage(file: Uint8Array, { rows, columns, resized, grey }: WantedImage): Uint8Array {
  const pixels = decodePixels(file);
  const picture = upright(greyOf(pixels, grey), pixels.orientation);
  if (picture.height === rows && picture.width === columns) return picture.grey;
  if (resized) return toSize(picture, rows, columns).grey;
  throw new PictureError(
    `it has ${picture.height}x${picture.width} pixels (rows x columns), and others have ${rows}x${columns}`,
    `Bring all of them to one size: --image-size ${rows}x${columns}`,
  );
}
