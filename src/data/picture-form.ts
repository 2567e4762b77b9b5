// How the images of a data set hold what they show: as large as MNIST's digits, or up to the edges; on which ground. Pictures
// that a trained model is shown are to come in the form that it learned.

import type { ImageSet } from './dataset.ts';

export interface PictureForm {
  /** Longer side of the box around what an image shows, in pixels. */
  readonly box: number;
  /** Whether both sides are as long, whatever it shows. */
  readonly stretched: boolean;
  readonly lightGround: boolean;
}

/** A few thousand images tell. */
const looked = 5000;
/** Of 255: how far ink lies from the ground at least. */
const faintest = 24;

/** MNIST's: digits in a box of 20 of 28 pixels, light on black. */
export function mnistForm(rows: number, columns: number): PictureForm {
  return { box: Math.max(1, Math.round((Math.min(rows, columns) * 20) / 28)), stretched: false, lightGround: false };
}

/** That of most of the images. Where they show nothing at all, it is MNIST's. */
export function formOf({ count, rows, columns, images }: ImageSet): PictureForm {
  const step = Math.ceil(count / looked);
  const size = rows * columns;
  const starts = Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step * size);
  const light = starts.filter((start) => edgeOf(images, start, rows, columns) > 127).length;
  const lightGround = light > starts.length / 2;
  const longest: number[] = [];
  let square = 0;
  for (const start of starts) {
    const { shorter, longer } = boxOf(images, start, rows, columns, lightGround);
    if (longer === 0) continue;
    longest.push(longer);
    if (shorter >= 0.9 * longer) square++;
  }
  if (longest.length === 0) return mnistForm(rows, columns);
  longest.sort((a, b) => a - b);
  const box = Math.min(longest[Math.floor(longest.length / 2)]!, rows, columns);
  return { box, stretched: square > 0.9 * longest.length, lightGround };
}

/** Mean of the outermost pixels of the image at `start`. */
function edgeOf(images: Uint8Array, start: number, rows: number, columns: number): number {
  let [sum, pixels] = [0, 0];
  for (let y = 0; y < rows; y++) {
    const inner = y > 0 && y < rows - 1;
    for (let x = 0; x < columns; x += inner ? Math.max(1, columns - 1) : 1) {
      sum += images[start + y * columns + x]!;
      pixels++;
    }
  }
  return sum / pixels;
}

/** The sides of the box around what is no ground in the image at `start`. */
function boxOf(
  images: Uint8Array,
  start: number,
  rows: number,
  columns: number,
  lightGround: boolean,
): { shorter: number; longer: number } {
  let left = columns;
  let top = rows;
  let right = -1;
  let bottom = -1;
  for (let y = 0; y < rows; y++) {
    const row = start + y * columns;
    for (let x = 0; x < columns; x++) {
      const value = images[row + x]!;
      if ((lightGround ? 255 - value : value) < faintest) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  const width = Math.max(0, right - left + 1);
  const height = Math.max(0, bottom - top + 1);
  return { shorter: Math.min(width, height), longer: Math.max(width, height) };
}
