// Float values of a picture's pixels, row by row, and what is done to whole planes: scaled, cut out, turned, smoothed.

export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function cut({ width, values }: Plane, box: Box): Plane {
  const cropped = new Float32Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    const from = (box.top + y) * width + box.left;
    cropped.set(values.subarray(from, from + box.width), y * box.width);
  }
  return { width: box.width, height: box.height, values: cropped };
}

/** To another size, each value weighted by a triangle as wide as what it has to cover. */
export function resized({ width, height, values }: Plane, toWidth: number, toHeight: number): Plane {
  const wide = transposed(resizedRows(values, width, toWidth), toWidth);
  return {
    width: toWidth,
    height: toHeight,
    values: transposed(resizedRows(wide, height, toHeight), toHeight),
  };
}

function resizedRows(values: Float32Array, from: number, to: number): Float32Array {
  const rows = values.length / from;
  const result = new Float32Array(rows * to);
  const covers = Array.from({ length: to }, (_, o) => coverOf(o, from, to));
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < to; o++) {
      const { first, weights } = covers[o]!;
      const start = row * from + first;
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += values[start + i]! * weights[i]!;
      result[row * to + o] = sum;
    }
  }
  return result;
}

/** Which of a row's `from` values make up the one at `o` of `to`, and in which parts. */
function coverOf(o: number, from: number, to: number): { first: number; weights: Float64Array } {
  const step = from / to;
  const reach = Math.max(1, step);
  const centre = (o + 0.5) * step - 0.5;
  const first = Math.max(0, Math.ceil(centre - reach));
  const last = Math.min(from - 1, Math.floor(centre + reach));
  const weights = Float64Array.from({ length: last - first + 1 }, (_, i) => 1 - Math.abs(first + i - centre) / reach);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { first, weights: weights.map((weight) => weight / total) };
}

function transposed(values: Float32Array, width: number): Float32Array {
  const height = values.length / width;
  const result = new Float32Array(values.length);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) result[x * height + y] = values[y * width + x]!;
  return result;
}

/** Along rows and then along columns; `alongRows` works on rows of `width` values. */
export function separably(
  { width, height, values }: Plane,
  alongRows: (values: Float32Array, width: number) => Float32Array,
): Plane {
  const turned = transposed(alongRows(values, width), width);
  return { width, height, values: transposed(alongRows(turned, height), height) };
}

/** The mean of the squares of 2 `radius` + 1 pixels around each, or of what of them lies within. */
export function smoothed(plane: Plane, radius: number): Plane {
  if (radius === 0) return plane;
  return separably(plane, (values, width) => {
    const result = new Float32Array(values.length);
    for (let start = 0; start < values.length; start += width) {
      let [sum, from, to] = [0, 0, 0];
      for (let x = 0; x < width; x++) {
        for (const end = Math.min(width, x + radius + 1); to < end; to++) sum += values[start + to]!;
        for (const begin = Math.max(0, x - radius); from < begin; from++) sum -= values[start + from]!;
        result[start + x] = sum / (to - from);
      }
    }
    return result;
  });
}
