// A command's result as text for stdout: JSON, lines, or a table. Knows no command.

import { jsonText } from '../../src/run/disk-records.ts';
import { cellsOf, padded } from '../../src/text/cell-width.ts';
import { printable } from '../../src/text/clean-text.ts';
import { grouped } from '../../src/text/grouped.ts';
import { toldLines, wrapped } from '../../src/text/wrapped.ts';

/** The last line of stdout with --json. */
export function jsonLine(value: unknown): string {
  return `${jsonText(value)}\n`;
}

/** Such as paths, a line each, whatever it takes: they are to be copied. */
export function lines(texts: readonly string[]): string {
  return texts.map((text) => `${printable(text)}\n`).join('');
}

/** A line each, or on a narrow terminal as many as it takes. `width`: cells of the terminal; null: it is none. */
export function sentences(texts: readonly string[], width: number | null): string {
  return lines(texts.flatMap((text) => toldLines(printable(text), width)));
}

const GAP = 2;
const gap = ' '.repeat(GAP);
/** Cells that a column of texts keeps, however narrow the terminal. */
const LEAST_COLUMN = 8;

type Rows = readonly (readonly (string | number)[])[];

/**
 * Rows of cells as lines, each column as wide as its widest cell; numbers to the right. `width`: cells of the terminal, in which
 * the widest columns of texts break theirs into several lines; null: whatever it takes.
 */
export function table(given: Rows, width: number | null = null): string {
  const rows = given.map((row) => row.map((cell) => (typeof cell === 'number' ? cell : printable(cell))));
  const longest = (cells: (cell: string) => number) =>
    rows[0]!.map((_, column) => Math.max(...rows.map((row) => cells(String(row[column] ?? '')))));
  const ofWords = longest((cell) => Math.max(...cell.split(' ').map(cellsOf)));
  const widths = fitted(longest(cellsOf), ofWords, width ?? Number.POSITIVE_INFINITY);
  const shown = rows.flatMap((row) => {
    const cells = row.map((cell, column) =>
      // one that has room keeps the blanks before it
      typeof cell === 'number' || cellsOf(cell) <= widths[column]! ? [String(cell)] : wrapped(cell, widths[column]!),
    );
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      cells
        .map((lines, column) =>
          padded(lines[line] ?? '', widths[column]!, typeof row[column] === 'number' ? 'right' : 'left'),
        )
        .join(gap)
        .trimEnd(),
    );
  });
  return `${shown.join('\n')}\n`;
}

/**
 * The widest columns become narrower, until the line has room or none has more to give: the first, which names the row, after the others,
 * and words are cut only where nothing else is left. `natural`, `words`: cells of the longest cell and word of each column.
 */
function fitted(natural: readonly number[], words: readonly number[], room: number): number[] {
  const widths = [...natural];
  const tooMuch = () => widths.reduce((sum, wide) => sum + GAP + wide, -GAP) - room;
  const all = [...widths.keys()];
  const uncut = (column: number) => Math.max(LEAST_COLUMN, words[column]!);
  for (const least of [uncut, () => LEAST_COLUMN]) {
    for (const columns of [all.slice(1), all]) {
      while (tooMuch() > 0) {
        const wide = columns.filter((column) => widths[column]! > least(column));
        if (wide.length === 0) break;
        widths[wide.reduce((a, b) => (widths[b]! > widths[a]! ? b : a))]!--;
      }
    }
  }
  return widths;
}

/** Whether the longest line of a text has room. */
export function fits(text: string, width: number): boolean {
  return text.split('\n').every((line) => cellsOf(line) <= width);
}

type Texts = readonly (readonly string[])[];

/** A table with digests: they stand whole where its lines have room for that, else their beginnings do. */
export function digestTable(rowsOf: (shown: (digest: string) => string) => Texts, width: number | null): string {
  const whole = table(rowsOf((digest) => digest));
  if (width === null || fits(whole, width)) return whole;
  const rows = rowsOf((digest) => `${digest.slice(0, 16)}...`);
  // of a row with a name and a value the value is broken
  return rows[0]!.length === 2 ? table(rows, width) : tablesBelow(rows, width, 'left');
}

/**
 * A table of figures: its first column to the left, all others to the right. `width`: cells of the terminal; columns that have no room
 * beside the others stand in a further table below, the first column again before them; null: whatever it takes.
 */
export function figureTable(given: Texts, width: number | null = null): string {
  return tablesBelow(given, width ?? Number.POSITIVE_INFINITY, 'right');
}

/** `side`: of all columns but the first. */
function tablesBelow(given: Texts, width: number, side: 'left' | 'right'): string {
  const rows = given.map((row) => row.map(printable));
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => cellsOf(row[column] ?? ''))));
  const filled = (row: readonly string[], column: number) =>
    padded(row[column] ?? '', widths[column]!, column === 0 ? 'left' : side);
  const tables = besideEachOther(widths, width).map((columns) =>
    rows
      .map(
        (row) =>
          `${columns
            .map((column) => filled(row, column))
            .join(gap)
            .trimEnd()}\n`,
      )
      .join(''),
  );
  return tables.join('\n');
}

/** Which columns stand in one table: the first, and as many of the others as have room, or one that has none. */
function besideEachOther([first = 0, ...others]: readonly number[], room: number): number[][] {
  const tables = [[0]];
  let taken = first;
  others.forEach((wide, i) => {
    if (tables.at(-1)!.length > 1 && taken + GAP + wide > room) {
      tables.push([0]);
      taken = first;
    }
    tables.at(-1)!.push(i + 1);
    taken += GAP + wide;
  });
  return tables;
}

/** 12,345: to the next whole number. */
export function whole(value: number): string {
  return grouped(Math.round(value));
}
