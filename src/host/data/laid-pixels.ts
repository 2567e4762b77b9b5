// The pixels of images as they lie in an array of any order, row by row and image by image: colours become grey, and an array whose
// first index changes fastest is held whole, as bytes, since each image is spread over all of it.

import type { DenseArray } from '../../data/dense-array.ts';
import type { ImageLayout } from '../../data/image-layout.ts';
import type { PixelScale } from '../../data/pixel-scale.ts';
import { LockstepError } from '../../errors.ts';
import { PictureError } from '../../image/picture.ts';
import { greyOf } from '../../image/pixels-grey.ts';
import { ArrayPixels } from './array-part.ts';
import type { ByteStream } from './byte-stream.ts';

export interface LaidArray {
  readonly array: DenseArray;
  readonly shape: readonly number[];
  readonly fortran: boolean;
  readonly layout: ImageLayout;
}

type ReadPixels = (target: Uint8Array) => Promise<void>;

export function laidPixels(laid: LaidArray, stream: ByteStream, scale: PixelScale): ReadPixels {
  const { array, fortran, layout } = laid;
  const stored = new ArrayPixels(array, stream, scale);
  const read: ReadPixels = fortran ? reordered(laid, stored) : (target) => stored.read(target);
  return layout.channels === 1 ? read : greyed(layout, array.name, read);
}

/** The first index changes fastest in it: element n + N * q is number q of image n, counted in that order. */
function reordered({ array, shape }: LaidArray, stored: ArrayPixels): ReadPixels {
  const [count = 1, ...inner] = shape;
  const each = array.elements / count;
  let whole: Uint8Array | null = null;
  let at = 0;
  return async (target) => {
    if (whole === null) {
      whole = new Uint8Array(array.elements);
      const column = new Uint8Array(count);
      for (let q = 0; q < each; q++) {
        await stored.read(column);
        const place = placeOf(q, inner);
        for (let n = 0; n < count; n++) whole[n * each + place] = column[n]!;
      }
    }
    target.set(whole.subarray(at, at + target.length));
    at += target.length;
  };
}

/** Where the element stands when the last index changes fastest that is number q when the first does. */
function placeOf(q: number, sizes: readonly number[]): number {
  let rest = q;
  let [place, step] = [0, sizes.reduce((product, size) => product * size, 1)];
  for (const size of sizes) {
    step /= size;
    place += (rest % size) * step;
    rest = Math.floor(rest / size);
  }
  return place;
}

function greyed({ rows, columns, channels, channelsFirst }: ImageLayout, name: string, read: ReadPixels): ReadPixels {
  const pixels = rows * columns;
  const colours = new Uint8Array(pixels * channels);
  const mixed = channelsFirst ? new Uint8Array(pixels * channels) : colours;
  const kind = channels as 3 | 4;
  let image = 0;
  return async (target) => {
    for (let at = 0; at < target.length; at += pixels, image++) {
      await read(colours);
      if (channelsFirst) {
        for (let i = 0; i < colours.length; i++) mixed[(i % pixels) * channels + Math.floor(i / pixels)] = colours[i]!;
      }
      try {
        target.set(
          greyOf({ width: columns, height: rows, channels: kind, data: mixed, orientation: 1 }, true).grey,
          at,
        );
      } catch (cause) {
        if (!(cause instanceof PictureError)) throw cause;
        throw new LockstepError({
          code: 'ERR_LOCKSTEP_DATA_MALFORMED',
          what: `Image ${image} of ${name} cannot be used`,
          why: cause.message,
          mend: cause.mend ?? 'Write the images without transparency',
          cause,
        });
      }
    }
  };
}
