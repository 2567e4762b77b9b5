// Which of a page's ink belongs to the digit: not noise, not specks of dust, not the lines of the paper.

import { filled } from './ground.ts';
import type { Box } from './plane.ts';

export interface Strokes {
  /** One for each pixel of the digit. */
  readonly mask: Uint8Array;
  readonly box: Box;
  /** The ink of the ground, and that of a full stroke. */
  readonly least: number;
  readonly most: number;
}

/** Less than a tenth of the ground's light is no stroke. */
const faintest = 0.1;

/** `ink`: 0 to 1, smoothed as far as its noise asks. Null where no digit is to be seen. */
export function findStrokes(ink: Float32Array, width: number): Strokes | null {
  const { threshold, low, high } = twoClasses(ink);
  if (high.mean - low.mean < faintest) return null;
  const trace = Math.max(low.mean + 4 * low.deviation, low.mean + 0.2 * (high.mean - low.mean));
  const dark = Uint8Array.from(ink, (value) => (value > Math.min(trace, threshold) ? 1 : 0));
  removeRuling(dark, width);
  removeWedges(dark, ink, width);
  const pieces = piecesOf(dark, ink, width);
  const main = pieces.reduce<Piece | null>((most, piece) => (piece.mass > (most?.mass ?? 0) ? piece : most), null);
  if (main === null) return null;
  const kept = pieces.filter((piece) => piece === main || belongs(piece, main));
  const mask = new Uint8Array(ink.length);
  for (const { pixels } of kept) for (const i of pixels) mask[i] = 1;
  return { mask, box: around(kept), least: low.mean, most: strongest(ink, main.pixels) };
}

/** Of a full stroke's ink: shadows that leave more than that part of the light are told from strokes. */
const weakest = 0.65;

/**
 * Where a shadow's edge runs aslant it leaves a wedge at the page's edge that is narrower than the ground's window: paler than
 * strokes, and wider than their rims.
 */
function removeWedges(dark: Uint8Array, ink: Float32Array, width: number): void {
  const height = dark.length / width;
  const pixels = [...dark.keys()].filter((i) => dark[i] === 1);
  const full = strongest(ink, pixels);
  const pale = Float32Array.from(dark, (is, i) => (is === 1 && ink[i]! < weakest * full ? 1 : 0));
  const wide = filled({ width, height, values: pale }, -1, Math.max(3, Math.round(Math.max(width, height) / 40)));
  for (const { pixels: wedge, left, top, right, bottom } of piecesOf(Uint8Array.from(wide.values), ink, width)) {
    if (left > 0 && top > 0 && right < width - 1 && bottom < height - 1) continue;
    for (const i of wedge) dark[i] = 0;
  }
}

interface Piece {
  readonly pixels: readonly number[];
  /** The sum of its ink. */
  readonly mass: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A digit may be of several pieces, which lie close together and are not tiny. */
function belongs(piece: Piece, main: Piece): boolean {
  const size = Math.max(main.right - main.left, main.bottom - main.top) + 1;
  const gap = Math.max(
    piece.left - main.right,
    main.left - piece.right,
    piece.top - main.bottom,
    main.top - piece.bottom,
    0,
  );
  const part = piece.mass / main.mass;
  return (part > 0.04 && gap < 0.15 * size) || (part > 0.25 && gap < 0.4 * size);
}

function around(pieces: readonly Piece[]): Box {
  const left = Math.min(...pieces.map((piece) => piece.left));
  const top = Math.min(...pieces.map((piece) => piece.top));
  const right = Math.max(...pieces.map((piece) => piece.right));
  const bottom = Math.max(...pieces.map((piece) => piece.bottom));
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** The ink that nineteen of twenty pixels of a stroke do not exceed: single ones may be noise. */
function strongest(ink: Float32Array, pixels: readonly number[]): number {
  const sorted = Float32Array.from(pixels, (i) => ink[i]!).sort();
  return sorted[Math.floor((sorted.length - 1) * 0.95)]!;
}

/** Pixels that touch, also at corners. */
function piecesOf(dark: Uint8Array, ink: Float32Array, width: number): Piece[] {
  const pieces: Piece[] = [];
  const height = dark.length / width;
  const seen = new Uint8Array(dark.length);
  for (let first = 0; first < dark.length; first++) {
    if (dark[first] === 0 || seen[first] === 1) continue;
    const pixels = [first];
    seen[first] = 1;
    let [mass, left, top, right, bottom] = [0, width, height, 0, 0];
    for (let p = 0; p < pixels.length; p++) {
      const i = pixels[p]!;
      const [x, y] = [i % width, Math.floor(i / width)];
      mass += ink[i]!;
      [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const n = ny * width + nx;
          if (dark[n] === 0 || seen[n] === 1) continue;
          seen[n] = 1;
          pixels.push(n);
        }
      }
    }
    pieces.push({ pixels, mass, left, top, right, bottom });
  }
  return pieces;
}

/** Lines of a notebook, one way or both. */
function removeRuling(dark: Uint8Array, width: number): void {
  const height = dark.length / width;
  removeLines(dark, height, width, width, 1);
  removeLines(dark, width, height, 1, width);
}

/** At least two lines from edge to edge, thinner than strokes. What a stroke crosses stays. */
function removeLines(dark: Uint8Array, count: number, length: number, across: number, along: number): void {
  const full = Array.from({ length: count }, (_, line) => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += dark[line * across + i * along]!;
    return sum > 0.85 * length;
  });
  const lines: [first: number, last: number][] = [];
  full.forEach((is, line) => {
    if (is && full[line - 1] !== true) lines.push([line, line]);
    else if (is) lines.at(-1)![1] = line;
  });
  const thin = lines.filter(([first, last]) => last - first < Math.max(2, 0.04 * count));
  if (thin.length < 2) return;
  for (const [first, last] of thin) {
    for (let i = 0; i < length; i++) {
      const at = (line: number) => (line < 0 || line >= count ? 0 : dark[line * across + i * along]!);
      if (at(first - 1) === 1 || at(last + 1) === 1) continue;
      for (let line = first; line <= last; line++) dark[line * across + i * along] = 0;
    }
  }
}

interface Class {
  readonly mean: number;
  readonly deviation: number;
}

/** Otsu's threshold: the one between the two classes that lie furthest apart for their sizes. */
function twoClasses(values: Float32Array): { threshold: number; low: Class; high: Class } {
  const bins = 256;
  const counts = new Float64Array(bins);
  for (const value of values) counts[Math.max(0, Math.min(bins - 1, Math.round(value * (bins - 1))))]!++;
  const classOf = (from: number, to: number): Class => {
    let [count, sum, squares] = [0, 0, 0];
    for (let b = from; b < to; b++) {
      count += counts[b]!;
      sum += b * counts[b]!;
      squares += b * b * counts[b]!;
    }
    const mean = count === 0 ? 0 : sum / count;
    const deviation = count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - mean * mean));
    return { mean: mean / (bins - 1), deviation: deviation / (bins - 1) };
  };
  let total = 0;
  for (let b = 0; b < bins; b++) total += b * counts[b]!;
  let [best, split, below, sumBelow] = [-1, 1, 0, 0];
  for (let b = 1; b < bins; b++) {
    below += counts[b - 1]!;
    sumBelow += (b - 1) * counts[b - 1]!;
    const above = values.length - below;
    if (below === 0 || above === 0) continue;
    const between = below * above * (sumBelow / below - (total - sumBelow) / above) ** 2;
    if (between > best) [best, split] = [between, b];
  }
  return { threshold: split / (bins - 1), low: classOf(0, split), high: classOf(split, bins) };
}
