// Any picture of a digit -> the form of MNIST's images (yann.lecun.com/exdb/mnist): light ink on black, in a box of 20 of 28
// pixels, its centre of mass in the middle. An image that has the form already stays as it is.

import { type Picture, PictureError } from './picture.ts';

/** The digit as rows x columns bytes, 0 = background. @throws PictureError where there is none to be seen */
export function digitForm(picture: Picture, rows: number, columns: number): Uint8Array {
  const ink = inkOf(picture);
  const { width } = picture;
  const box = boxOf(ink, width);
  const side = Math.max(1, Math.round((Math.min(rows, columns) * 20) / 28));
  const scale = side / Math.max(box.width, box.height);
  const target = {
    width: Math.max(1, Math.round(box.width * scale)),
    height: Math.max(1, Math.round(box.height * scale)),
  };
  const cropped = new Float32Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    const from = (box.top + y) * width + box.left;
    cropped.set(ink.subarray(from, from + box.width), y * box.width);
  }
  const digit = transposed(resized(cropped, box.width, target.width), target.width);
  const small = transposed(resized(digit, box.height, target.height), target.height);
  return placed(small, target, rows, columns);
}

/** How much each pixel differs from the ground, 0 to 255, noise taken off. The ground is what the border shows. */
function inkOf({ width, height, grey }: Picture): Float32Array {
  const border: number[] = [];
  for (let x = 0; x < width; x++) border.push(grey[x]!, grey[(height - 1) * width + x]!);
  for (let y = 0; y < height; y++) border.push(grey[y * width]!, grey[y * width + width - 1]!);
  const ground = quantile(border, 0.5);
  const sign = ground > 127 ? -1 : 1;
  const noise =
    1.5 *
    quantile(
      border.map((value) => Math.abs(value - ground)),
      0.9,
    );
  const ink = Float32Array.from(grey, (value) => Math.max(0, sign * (value - ground)));
  const strongest = ink.reduce((most, value) => Math.max(most, value), 0);
  // less than a tenth of the range is no stroke: an empty page
  if (strongest < 25) throw new PictureError('no digit is to be seen in it');
  const floor = Math.min(noise, 0.5 * strongest);
  return ink.map((value) => (value <= floor ? 0 : ((value - floor) * 255) / (strongest - floor)));
}

/** The box around what is more than a trace of ink. */
function boxOf(ink: Float32Array, width: number) {
  const height = ink.length / width;
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let i = 0; i < ink.length; i++) {
    if (ink[i]! < 16) continue;
    const x = i % width;
    const y = Math.floor(i / width);
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Each row brought from `from` to `to` values, weighted by a triangle as wide as what it has to cover. */
function resized(values: Float32Array, from: number, to: number): Float32Array {
  const rows = values.length / from;
  const result = new Float32Array(rows * to);
  const step = from / to;
  const reach = Math.max(1, step);
  for (let o = 0; o < to; o++) {
    const centre = (o + 0.5) * step - 0.5;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(from - 1, Math.floor(centre + reach));
    let total = 0;
    for (let i = first; i <= last; i++) total += 1 - Math.abs(i - centre) / reach;
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let i = first; i <= last; i++) sum += values[row * from + i]! * (1 - Math.abs(i - centre) / reach);
      result[row * to + o] = sum / total;
    }
  }
  return result;
}

function transposed(values: Float32Array, width: number): Float32Array {
  const height = values.length / width;
  const result = new Float32Array(values.length);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) result[x * height + y] = values[y * width + x]!;
  return result;
}

/** Into an image of rows x columns, its centre of mass as near the middle as whole pixels and the edges allow. */
function placed(digit: Float32Array, size: { width: number; height: number }, rows: number, columns: number) {
  let [mass, massX, massY] = [0, 0, 0];
  digit.forEach((value, i) => {
    mass += value;
    massX += value * ((i % size.width) + 0.5);
    massY += value * (Math.floor(i / size.width) + 0.5);
  });
  const place = (room: number, length: number, centre: number) =>
    Math.max(0, Math.min(room - length, Math.ceil(room / 2 - centre)));
  const left = place(columns, size.width, massX / mass);
  const top = place(rows, size.height, massY / mass);
  const strongest = digit.reduce((most, value) => Math.max(most, value), 0);
  const image = new Uint8Array(rows * columns);
  digit.forEach((value, i) => {
    const at = (top + Math.floor(i / size.width)) * columns + left + (i % size.width);
    image[at] = Math.round((value * 255) / strongest);
  });
  return image;
}

function quantile(values: readonly number[], part: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)]!;
}
