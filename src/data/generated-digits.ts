// Images of strokes, for benchmarks that are to need no data: ten classes, and about as much ink as MNIST's digits have, where
// theirs is, since what is background costs the kernels next to nothing. They look like no digit, but can be learnt. Pure.

import { keyOfSeed, philox } from '../random.ts';
import type { Dataset, ImageSet } from './dataset.ts';

const SIDE = 28;
const CLASSES = 10;
/** Points of a class's stroke, within MNIST's box of 20 x 20 pixels. */
const POINTS = 6;
/** Pixels from the middle of a stroke to where it is half as dark. */
const RADIUS = 1.45;
/** How far an image's points lie from those of its class. */
const JITTER = 2.5;
/** Dots that a line between two points is made of. */
const DOTS = 6;

const key = keyOfSeed(0);

/** The same images each time. `test`: of the test set. */
export function generatedDigits(train: number, test: number): Dataset {
  return { train: imageSet(train, 0), test: imageSet(test, 1), classes: CLASSES, classNames: null, validation: 0 };
}

function imageSet(count: number, half: number): ImageSet {
  const images = new Uint8Array(count * SIDE * SIDE);
  const labels = Uint8Array.from({ length: count }, (_, image) => image % CLASSES);
  const points = new Float64Array(2 * POINTS);
  for (let image = 0; image < count; image++) {
    place(points, image % CLASSES, image, half);
    draw(images.subarray(image * SIDE * SIDE, (image + 1) * SIDE * SIDE), points);
  }
  return { count, rows: SIDE, columns: SIDE, images, labels };
}

/** The points of an image: those of its class, each moved a little. */
function place(points: Float64Array, label: number, image: number, half: number): void {
  for (let block = 0; block < (2 * POINTS) / 4; block++) {
    const ofClass = philox([label, block, 2, 0], key);
    const ofImage = philox([image, block, half, 1], key);
    for (let i = 0; i < 4; i++) {
      points[4 * block + i] = 4.5 + 19 * unit(ofClass[i]!) + JITTER * (2 * unit(ofImage[i]!) - 1);
    }
  }
}

function unit(word: number): number {
  return word / 2 ** 32;
}

function draw(image: Uint8Array, points: Float64Array): void {
  for (let point = 0; point + 1 < POINTS; point++) {
    for (let dot = 0; dot < DOTS; dot++) {
      const part = dot / DOTS;
      const x = points[2 * point]! * (1 - part) + points[2 * point + 2]! * part;
      const y = points[2 * point + 1]! * (1 - part) + points[2 * point + 3]! * part;
      drawDot(image, x, y);
    }
  }
}

function drawDot(image: Uint8Array, x: number, y: number): void {
  for (let row = Math.max(0, Math.ceil(y - 2)); row <= Math.min(SIDE - 1, y + 2); row++) {
    for (let column = Math.max(0, Math.ceil(x - 2)); column <= Math.min(SIDE - 1, x + 2); column++) {
      const distance = Math.sqrt((row - y) * (row - y) + (column - x) * (column - x));
      const ink = Math.floor(255 * Math.min(1, RADIUS + 0.5 - distance));
      const at = row * SIDE + column;
      if (ink > image[at]!) image[at] = ink;
    }
  }
}
