// What a page would look like without its strokes, under whatever light: the ground. Ink is how much of the ground's light a
// pixel lacks, so that a shadow, which takes the same part from paper and stroke, takes nothing from the ink.

import type { Picture } from './picture.ts';
import { type Plane, resized, separably } from './plane.ts';

/** Strokes are narrower than this part of the longer side; shadows and margins are wider. */
const windowPart = 0.4;
/** Of 255. Below it there is no light of which a part could be told from noise. */
const leastLight = 40;

/** The picture, turned so that its ground is light. */
export function withLightGround({ width, height, grey }: Picture): Plane {
  const values = Float32Array.from(grey);
  const plane = { width, height, values };
  return isLightOnDark(plane) ? { width, height, values: values.map((value) => 255 - value) } : plane;
}

/** The ink of each pixel, 0 to 1, of a plane with a light ground that has been smoothed as far as its noise asks. */
export function inkIn(plane: Plane, ground: Plane): Float32Array {
  return plane.values.map((value, i) => {
    const light = ground.values[i]!;
    return (light - value) / Math.max(light, leastLight);
  });
}

/** Whatever is darker and narrower than a window is filled in; edges of what is wider stay where they are. */
export function groundOf(plane: Plane): Plane {
  const radius = Math.max(1, Math.round((Math.max(plane.width, plane.height) * windowPart) / 2));
  const filled = separably(plane, (values, width) => extremes(values, width, radius, 1));
  return separably(filled, (values, width) => extremes(values, width, radius, -1));
}

/** The largest (`sign` 1) or smallest (-1) of the 2 `radius` + 1 values around each, by a queue of candidates. */
function extremes(values: Float32Array, width: number, radius: number, sign: 1 | -1): Float32Array {
  const result = new Float32Array(values.length);
  const queue = new Int32Array(width);
  for (let start = 0; start < values.length; start += width) {
    let [head, tail, next] = [0, 0, 0];
    for (let x = 0; x < width; x++) {
      for (const end = Math.min(width, x + radius + 1); next < end; next++) {
        const value = sign * values[start + next]!;
        while (tail > head && sign * values[start + queue[tail - 1]!]! <= value) tail--;
        queue[tail++] = next;
      }
      while (queue[head]! < x - radius) head++;
      result[start + x] = values[start + queue[head]!]!;
    }
  }
  return result;
}

/**
 * Strokes take less room than their surroundings and differ from them more than light does: the cubes of the differences
 * from the median of the surroundings have the strokes' sign.
 */
function isLightOnDark(plane: Plane): boolean {
  const scale = Math.min(1, 64 / Math.max(plane.width, plane.height));
  const [width, height] = [plane.width, plane.height].map((length) => Math.max(1, Math.round(length * scale)));
  const small = resized(plane, width!, height!);
  const medians = localMedians(small, Math.round(windowPart * Math.max(width!, height!)));
  let sum = 0;
  small.values.forEach((value, i) => {
    sum += ((value - medians[i]!) / 255) ** 3;
  });
  return sum > 0;
}

/** Of the bytes in the squares of 2 `radius` + 1 pixels: a count of each brightness goes along the rows. */
function localMedians({ width, height, values }: Plane, radius: number): Float32Array {
  const bytes = Uint8Array.from(values, Math.round);
  const medians = new Float32Array(values.length);
  const counts = new Int32Array(256);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - radius), Math.min(height - 1, y + radius)];
    const count = (x: number, by: 1 | -1) => {
      for (let row = top; row <= bottom; row++) counts[bytes[row * width + x]!]! += by;
    };
    counts.fill(0);
    let [from, to] = [0, 0];
    for (let x = 0; x < width; x++) {
      for (const end = Math.min(width, x + radius + 1); to < end; to++) count(to, 1);
      for (const begin = Math.max(0, x - radius); from < begin; from++) count(from, -1);
      let [below, value] = [counts[0]!, 0];
      while (2 * below < (to - from) * (bottom - top + 1)) below += counts[++value]!;
      medians[y * width + x] = value;
    }
  }
  return medians;
}
