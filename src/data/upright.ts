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
  let most = 0;
  for (let i = 0; i < ink.length; i++) most = Math.max(most, ink[i]!);
  const least = most / 4;
  let left = columns;
  let top = rows;
  let right = -1;
  let bottom = -1;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      if (ink[y * columns + x]! <= least) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  if (right === -1) return null;
  const [width, height] = [(right - left + 1) / GRID, (bottom - top + 1) / GRID];
  const cells = new Float64Array(CELLS);
  for (let cell = 0; cell < CELLS; cell++) {
    const x = left + (cell % GRID) * width;
    const y = top + Math.floor(cell / GRID) * height;
    let sum = 0;
    for (let row = Math.floor(y); row < y + height; row++) {
      const tall = Math.min(row + 1, y + height) - Math.max(row, y);
      for (let column = Math.floor(x); column < x + width; column++) {
        const wide = Math.min(column + 1, x + width) - Math.max(column, x);
        // the last row and column may be touched by a rounding error
        sum += tall * wide * (ink[Math.min(row, rows - 1) * columns + Math.min(column, columns - 1)] ?? 0);
      }
    }
    cells[cell] = sum / (width * height);
  }
  return cells;
}

function turnedGrid(cells: Float64Array): Float64Array {
  return cells.map((_, i) => cells[(i % GRID) * GRID + Math.floor(i / GRID)]!);
}

/** Of mean 0 and length 1, so that a product of two is their correlation. */
function unit(cells: Float64Array): Float64Array {
  let sum = 0;
  for (let i = 0; i < CELLS; i++) sum += cells[i]!;
  const mean = sum / CELLS;
  let squares = 0;
  for (let i = 0; i < CELLS; i++) squares += (cells[i]! - mean) ** 2;
  const length = Math.sqrt(squares) || 1;
  return cells.map((value) => (value - mean) / length);
}

function nearest(cells: Float64Array): number {
  let [best, most] = [0, Number.NEGATIVE_INFINITY];
  unitDigits!.forEach((digit, label) => {
    let product = 0;
    for (let i = 0; i < CELLS; i++) product += digit[i]! * cells[i]!;
    if (product > most) [best, most] = [label, product];
  });
  return best;
}
