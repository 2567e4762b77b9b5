// A command's result as text for stdout: JSON, lines, or a table. Knows no command.

import { jsonText } from '../../src/run/disk-records.ts';
import { cellsOf, padded } from '../../src/text/cell-width.ts';
import { printable } from '../../src/text/clean-text.ts';
import { grouped } from '../../src/text/grouped.ts';
import { wrapped } from '../../src/text/wrapped.ts';

/** The last line of stdout with --json. */
export function jsonLine(value: unknown): string {
  return `${jsonText(value)}\n`;
}

/** A line each. */
export function lines(texts: readonly string[]): string {
  return texts.map((text) => `${printable(text)}\n`).join('');
}

const GAP = 2;
/** Cells that a column of texts keeps, however narrow the terminal. */
const LEAST_COLUMN = 8;

/**
 * Rows of cells as lines, each column as wide as its widest cell; numbers to the right. `width`: cells of the terminal, in which
 * the widest columns of texts break theirs into several lines; null: whatever it takes.
 */
export function table(given: readonly (readonly (string | number)[])[], width: number | null = null): string {
  const rows = given.map((row) => row.map((cell) => (typeof cell === 'number' ? cell : printable(cell))));
  const widths = fitted(
    rows[0]!.map((_, column) => Math.max(...rows.map((row) => cellsOf(String(row[column] ?? ''))))),
    width ?? Number.POSITIVE_INFINITY,
  );
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
        .join(' '.repeat(GAP))
        .trimEnd(),
    );
  });
  return `${shown.join('\n')}\n`;
}

/** The widest columns become narrower, until the line has room or none has more to give; the first, which names the row, last. */
function fitted(natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  const columnsFrom = (first: number) => [...widths.keys()].slice(first);
  const tooMuch = () => widths.reduce((sum, wide) => sum + GAP + wide, -GAP) - room;
  for (const columns of [columnsFrom(1), columnsFrom(0)]) {
    const widest = () => columns.reduce((a, b) => (widths[b]! > widths[a]! ? b : a), columns[0] ?? 0);
    while (tooMuch() > 0 && widths[widest()]! > LEAST_COLUMN) widths[widest()]!--;
  }
  return widths;
}

/** Whether the longest line of a text has room. */
export function fits(text: string, width: number): boolean {
  return text.split('\n').every((line) => cellsOf(line) <= width);
}

/** A table of figures: its first column to the left, all others to the right. */
export function figureTable(given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(printable));
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const filled = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  return rows.map((row) => `${row.map(filled).join('  ').trimEnd()}\n`).join('');
}

/** 12,345: to the next whole number. */
export function whole(value: number): string {
  return grouped(Math.round(value));
}
