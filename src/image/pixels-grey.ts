// Pixels as a file holds them -> the bytes that a network is trained on, by whole numbers alone: the same on every machine.
// Other than a picture that somebody wants to have recognised (picture.ts), one that is learned from is taken as it is.

import { type Picture, PictureError, type Pixels } from './picture.ts';

/**
 * Colours become grey as Pillow's convert('L') makes them (ITU-R 601, in 1/65536), and what shows through is black behind it.
 * @throws PictureError where it has colours that are not to be made grey (`colours` false), or shows nothing
 */
export function greyOf({ width, height, channels, data }: Pixels, colours: boolean): Picture {
  const grey = new Uint8Array(width * height);
  let [shown, clear] = [false, false];
  for (let i = 0, at = 0; i < grey.length; i++, at += channels) {
    const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!];
    const alpha = channels === 4 ? data[at + 3]! : 255;
    if (alpha < 255) clear = true;
    // what nobody sees has no colour
    if (alpha === 0) continue;
    shown = true;
    if (!colours && (red !== green || green !== blue)) {
      throw new PictureError(
        'it has colours, and networks are trained on grey images',
        'Make all of them grey: --grey',
      );
    }
    const light = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
    grey[i] = alpha === 255 ? light : partOf(light, alpha);
  }
  if (clear && shown && grey.every((value) => value === 0)) {
    throw new PictureError(
      'it shows black on a transparent ground, which counts as black as well, so that nothing is left',
      'Put the pictures on a white ground first',
    );
  }
  return { width, height, grey };
}

/** value * alpha / 255, rounded to the nearest. */
function partOf(value: number, alpha: number): number {
  const product = value * alpha + 128;
  return (product + (product >> 8)) >> 8;
}
