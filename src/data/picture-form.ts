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
  const at = Array.from({ length: Math.ceil(count / step) }, (_, i) =>
    images.subarray(i * step * size, (i * step + 1) * size),
  );
  const lightGround = at.filter((image) => edgeOf(image, columns) > 127).length > at.length / 2;
  const boxes = at.map((image) => boxOf(image, columns, lightGround)).filter(([, longer]) => longer > 0);
  if (boxes.length === 0) return mnistForm(rows, columns);
  const longest = boxes.map(([, longer]) => longer).sort((a, b) => a - b);
  const square = boxes.filter(([shorter, longer]) => shorter >= 0.9 * longer).length;
  const box = Math.min(longest[Math.floor(longest.length / 2)]!, rows, columns);
  return { box, stretched: square > 0.9 * boxes.length, lightGround };
}

/** Mean of the outermost pixels. */
function edgeOf(image: Uint8Array, columns: number): number {
  const rows = image.length / columns;
  let [sum, pixels] = [0, 0];
  for (let y = 0; y < rows; y++) {
    const inner = y > 0 && y < rows - 1;
    for (let x = 0; x < columns; x += inner ? Math.max(1, columns - 1) : 1) {
      sum += image[y * columns + x]!;
      pixels++;
    }
  }
  return sum / pixels;
}

/** The shorter and the longer side of the box around what is no ground. */
function boxOf(image: Uint8Array, columns: number, lightGround: boolean): [shorter: number, longer: number] {
  let [left, top, right, bottom] = [columns, image.length, -1, -1];
  for (let i = 0; i < image.length; i++) {
    if ((lightGround ? 255 - image[i]! : image[i]!) < faintest) continue;
    const [x, y] = [i % columns, Math.floor(i / columns)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  }
  const [width, height] = [Math.max(0, right - left + 1), Math.max(0, bottom - top + 1)];
  return [Math.min(width, height), Math.max(width, height)];
}
