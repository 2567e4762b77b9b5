// What a page would look like without its strokes, under whatever light: the ground. Ink is how much of the ground's light a
// pixel lacks, so that a shadow, which takes the same part from paper and stroke, takes nothing from the ink.

import { type Plane, separably } from './plane.ts';

/** Strokes are narrower than this part of the longer side; shadows and margins are wider. */
const windowPart = 0.4;
/** Of 255. Below it there is no light of which a part could be told from noise. */
const leastLight = 40;

/** The ink of each pixel, 0 to 1, of a plane with a light ground that has been smoothed as far as its noise asks. */
export function inkIn(plane: Plane, ground: Plane): Float32Array {
  return plane.values.map((value, i) => {
    const light = ground.values[i]!;
    return (light - value) / Math.max(light, leastLight);
  });
}

/** Whatever is darker and narrower than a window is filled in; edges of what is wider stay where they are. */
export function groundOf(plane: Plane): Plane {
  return filled(plane, 1);
}

/** `sign` -1: whatever is lighter. The window is 2 `radius` + 1 wide. */
export function filled(plane: Plane, sign: 1 | -1, radius = windowRadius(plane)): Plane {
  const grown = separably(plane, (values, width) => extremes(values, width, radius, sign));
  return separably(grown, (values, width) => extremes(values, width, radius, sign === 1 ? -1 : 1));
}

function windowRadius({ width, height }: Plane): number {
  return Math.max(1, Math.round((Math.max(width, height) * windowPart) / 2));
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
