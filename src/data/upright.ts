// Do images of digits stand upright, or do they lie on their side, turned over their diagonal, as those of EMNIST's files?
// Each is brought to a grid, as its label's digit was on the average of MNIST's training images, and compared with these: as
// it is, and turned. Pure. Of anything but digits neither fits, and nothing is said.
//
// Measured: of MNIST's test images 80 of 100 fit upright and 17 turned; of Fashion-MNIST's 8 and 10. Of 333 sets of 30 images
// of MNIST none is taken for the other, and of 2 nothing is said; of 100 sets of 100 all are right, and stretching the digits
// to the whole image changes nothing, since the grid is that of their box.

import type { ImageSet } from './dataset.ts';

const GRID = 8;
const CELLS = GRID * GRID;
/** With fewer digits chance could decide. */
const LEAST_IMAGES = 30;
const MOST_IMAGES = 500;
/** So many must fit, and so many more than the other way. */
const LEAST_FIT = 0.5;
const LEAST_LEAD = 0.2;

/** MNIST's digits 0 to 9 on the average, row by row: a hexadecimal digit a cell, the brightness divided by 17. */
export const averageDigits: readonly string[] = [
  '014799621489aaa5378644995a62118a99310299b92126a59b77996139cb8410',
  '2244579723468aa51358bc72136bda41249db62137cc85215ab8653279865432',
  '2478864135678753122345530113565213577641479997528aaa988569865453',
  '2589a96334456885112479731269ba7212345795111124975544689448aba731',
  '1232125525532485486337837a7579836988aa73244676520134543101233332',
  '1246899725787653377532104897542124555442221344436656654248a96420',
  '012455421356642125764210487533217a7578859b7777988c98889538bca731',
  '47899996588768b8332127a51112588301247751013665311355542023443210',
  '1369a9744787679748755884269aa84115ab9531488765427867654248a97421',
  '0369ba84499646a78a5359b679779b9324568862013566520244444213343332',
];

let unitDigits: readonly Float64Array[] | null = null;

/** null: they are too few, or no digits with their own labels. */
export function standingOf(set: ImageSet): 'upright' | 'transposed' | null {
  unitDigits ??= averageDigits.map((cells) => unit(Float64Array.from(cells, (cell) => Number.parseInt(cell, 16))));
  const pixels = set.rows * set.columns;
  const stride = Math.max(1, Math.floor(set.count / MOST_IMAGES));
  let [seen, upright, turned] = [0, 0, 0];
  for (let i = 0; i < set.count; i += stride) {
    const label = set.labels[i]!;
    if (label >= averageDigits.length) continue;
    const image = set.images.subarray(i * pixels, (i + 1) * pixels);
    const cells = gridOf(image, set.rows, set.columns);
    if (cells === null) continue;
    seen++;
    if (nearest(unit(cells)) === label) upright++;
    if (nearest(unit(turnedGrid(cells))) === label) turned++;
  }
  if (seen < LEAST_IMAGES || Math.max(upright, turned) < LEAST_FIT * seen) return null;
  if (Math.abs(upright - turned) < LEAST_LEAD * seen) return null;
  return upright > turned ? 'upright' : 'transposed';
}

/** The mean brightness of each cell of the box around what is bright, or dark on a bright ground; null: there is nothing. */
export function gridOf(image: Uint8Array, rows: number, columns: number): Float64Array | null {
  const corners = image[0]! + image[columns - 1]! + image[image.length - columns]! + image[image.length - 1]!;
  const ink = corners > 4 * 127 ? image.map((value) => 255 - value) : image;
  const least = ink.reduce((most, value) => Math.max(most, value), 0) / 4;
  let [left, top, right, bottom] = [columns, rows, -1, -1];
  for (let i = 0; i < ink.length; i++) {
    if (ink[i]! <= least) continue;
    const [x, y] = [i % columns, Math.floor(i / columns)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  if (right === -1) return null;
  const [width, height] = [(right - left + 1) / GRID, (bottom - top + 1) / GRID];
  return Float64Array.from({ length: CELLS }, (_, cell) => {
    const [x, y] = [left + (cell % GRID) * width, top + Math.floor(cell / GRID) * height];
    let sum = 0;
    for (let row = Math.floor(y); row < y + height; row++) {
      const tall = Math.min(row + 1, y + height) - Math.max(row, y);
      for (let column = Math.floor(x); column < x + width; column++) {
        const wide = Math.min(column + 1, x + width) - Math.max(column, x);
        // the last row and column may be touched by a rounding error
        sum += tall * wide * (ink[Math.min(row, rows - 1) * columns + Math.min(column, columns - 1)] ?? 0);
      }
    }
    return sum / (width * height);
  });
}

function turnedGrid(cells: Float64Array): Float64Array {
  return cells.map((_, i) => cells[(i % GRID) * GRID + Math.floor(i / GRID)]!);
}

/** Of mean 0 and length 1, so that a product of two is their correlation. */
function unit(cells: Float64Array): Float64Array {
  const mean = cells.reduce((sum, value) => sum + value, 0) / CELLS;
  const length = Math.sqrt(cells.reduce((sum, value) => sum + (value - mean) ** 2, 0)) || 1;
  return cells.map((value) => (value - mean) / length);
}

function nearest(cells: Float64Array): number {
  const products = unitDigits!.map((digit) => digit.reduce((sum, value, i) => sum + value * cells[i]!, 0));
  return products.indexOf(Math.max(...products));
}
