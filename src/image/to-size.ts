// A picture, brought to another size: stretched where its sides are in another proportion, each pixel a mean of those that it
// covers, weighted by a triangle. The same bytes as Pillow's resize(BILINEAR), which is what torchvision's Resize((h, w)) does,
// and the same on every machine: the weights are whole numbers, from quotients and products of float64, and so are the sums.

import type { Picture } from './picture.ts';

/** Weights are in 1/2^22: 255 of them fit into 31 bits. */
const BITS = 22;

export function toSize({ width, height, grey }: Picture, rows: number, columns: number): Picture {
  const wide =
    columns === width ? grey : resized(grey, { from: width, to: columns, lines: height, along: 1, across: width });
  const high =
    rows === height ? wide : resized(wide, { from: height, to: rows, lines: columns, along: columns, across: 1 });
  return { width: columns, height: rows, grey: high };
}

/** The direction in which pixels are summed up. */
interface Direction {
  /** Pixels of a line, as it is and as it is to be. */
  readonly from: number;
  readonly to: number;
  readonly lines: number;
  /** From one pixel of a line to the next, and from one line to the next; across lines of rows that is by `from`. */
  readonly along: number;
  readonly across: number;
}

function resized(values: Uint8Array, { from, to, lines, along, across }: Direction): Uint8Array {
  const result = new Uint8Array(lines * to);
  const isRows = along === 1;
  for (let o = 0; o < to; o++) {
    const { first, weights } = coverOf(o, from, to);
    for (let line = 0; line < lines; line++) {
      let at = line * across + first * along;
      let sum = 2 ** (BITS - 1);
      for (let i = 0; i < weights.length; i++, at += along) sum += values[at]! * weights[i]!;
      result[isRows ? line * to + o : o * along + line] = sum >> BITS;
    }
  }
  return result;
}

/** Which of `from` values make up the one at `o` of `to`, and in which parts of 2^22. */
function coverOf(o: number, from: number, to: number): { first: number; weights: Int32Array } {
  const step = from / to;
  const reach = step < 1 ? 1 : step;
  const centre = (o + 0.5) * step;
  const first = Math.max(0, Math.trunc(centre - reach + 0.5));
  const end = Math.min(from, Math.trunc(centre + reach + 0.5));
  const parts = new Float64Array(end - first);
  let total = 0;
  for (let i = 0; i < parts.length; i++) {
    const away = Math.abs((i + first - centre + 0.5) * (1 / reach));
    parts[i] = away < 1 ? 1 - away : 0;
    total += parts[i]!;
  }
  return { first, weights: Int32Array.from(parts, (part) => Math.trunc(0.5 + (part / total) * 2 ** BITS)) };
}
