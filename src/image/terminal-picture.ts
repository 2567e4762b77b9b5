// Small pictures for a terminal: two rows of pixels a line, as half blocks in shades of grey, or as letters where there are
// no colours.

import { cellsOf } from '../text/cell-width.ts';
import { alignedNames, type ClassNames } from '../text/class-label.ts';

const shades = ' .:-=+*#%@';

/** Lines of `columns` cells. */
export function terminalPicture(image: Uint8Array, columns: number, colours: boolean): string[] {
  const rows = image.length / columns;
  const lines: string[] = [];
  for (let y = 0; y < rows; y += 2) {
    let line = '';
    for (let x = 0; x < columns; x++) {
      const upper = image[y * columns + x]!;
      const lower = y + 1 < rows ? image[(y + 1) * columns + x]! : 0;
      if (colours) line += `\x1b[38;5;${grey(upper)};48;5;${grey(lower)}m▀`;
      else line += shades[Math.round((((upper + lower) / 2) * (shades.length - 1)) / 255)];
    }
    lines.push(colours ? `${line}\x1b[0m` : line);
  }
  return lines;
}

/** Of a name beside a bar: with it and a picture of 28 columns, a line has at most 80 cells. */
const NAME = 16;
/** More classes than that are not all shown where they have names: the likeliest are. */
const MOST_NAMED = 14;

/** Cells of a whole bar, where there is room. */
const BAR = 20;

/** One line a class: its number or name, a bar, its probability. `width`: cells of the terminal; null: it is none. */
export function probabilityBars(
  probabilities: readonly number[],
  names: ClassNames = null,
  width: number | null = null,
): string[] {
  const line = (name: string, p: number) => {
    const figure = p.toFixed(4);
    const room = width === null ? BAR : width - cellsOf(name) - figure.length - 4;
    const whole = Math.max(0, Math.min(BAR, room));
    return `${name}  ${'='.repeat(Math.round(p * whole)).padEnd(whole)}  ${figure}`;
  };
  if (names === null) {
    const width = String(probabilities.length - 1).length;
    return probabilities.map((p, c) => line(String(c).padStart(width), p));
  }
  const all = probabilities.map((p, c) => ({ p, c }));
  const shown = all.length <= MOST_NAMED ? all : all.sort((a, b) => b.p - a.p || a.c - b.c).slice(0, MOST_NAMED);
  const aligned = alignedNames(
    shown.map(({ c }) => names[c]!),
    NAME,
  );
  return shown.map(({ p }, i) => line(aligned[i]!, p));
}

const EDGE = '  ';
const BETWEEN = '   ';

/**
 * Two blocks of lines side by side; those of the left one are `cells` wide. `width`: cells of the terminal, in which the right one stands
 * below where it has no room beside, and the left one is left out where it has none itself; null: it is none.
 */
export function besides(
  left: readonly string[],
  cells: number,
  right: readonly string[],
  width: number | null = null,
): string[] {
  const room = width ?? Number.POSITIVE_INFINITY;
  if (EDGE.length + cells > room) return [...right];
  const widest = Math.max(...right.map(cellsOf));
  if (EDGE.length + cells + BETWEEN.length + widest > room) return [...left.map((line) => EDGE + line), '', ...right];
  const blank = ' '.repeat(cells);
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
    `${EDGE}${left[i] ?? blank}${BETWEEN}${right[i] ?? ''}`.trimEnd(),
  );
}

/** The 24 greys of the palette of 256 colours. */
function grey(value: number): number {
  return 232 + Math.round((value * 23) / 255);
}
