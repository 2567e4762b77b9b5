// Images turned over their diagonal, rows for columns: EMNIST's files hold theirs so. Pure.

import type { ImageSet } from './dataset.ts';

/** The same set, upright. The images are changed in place: a data set may fill half of the memory. */
export function transposed(set: ImageSet): ImageSet {
  const { count, rows, columns, images } = set;
  const pixels = rows * columns;
  const image = new Uint8Array(pixels);
  for (let n = 0; n < count; n++) {
    const at = n * pixels;
    image.set(images.subarray(at, at + pixels));
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++)
        images[at + column * rows + row] = image[row * columns + column]!;
    }
  }
  return { ...set, rows: columns, columns: rows };
}
