// A command's result as text for stdout: JSON, lines, or a table. Knows no command.

import { jsonText } from '../../src/run/disk-records.ts';
import { cellsOf } from '../../src/text/cell-width.ts';
import { printable } from '../../src/text/clean-text.ts';
import { grouped } from '../../src/text/grouped.ts';

/** The last line of stdout with --json. */
export function jsonLine(value: unknown): string {
  return `${jsonText(value)}\n`;
}

/** A line each. */
export function lines(texts: readonly string[]): string {
  return texts.map((text) => `${printable(text)}\n`).join('');
}

/** Rows of cells as lines, each column as wide as its widest cell; numbers to the right. */
export function table(given: readonly (readonly (string | number)[])[]): string {
  const rows = given.map((row) => row.map((cell) => (typeof cell === 'number' ? cell : printable(cell))));
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => cellsOf(String(row[column] ?? '')))));
  const shown = rows.map((row) =>
    row
      .map((cell, column) =>
        typeof cell === 'number'
          ? String(cell).padStart(widths[column]!)
          : cell + ' '.repeat(widths[column]! - cellsOf(cell)),
      )
      .join('  ')
      .trimEnd(),
  );
  return `${shown.join('\n')}\n`;
}

/** A table of figures: its first column to the left, all others to the right. */
export function figureTable(given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(printable));
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const padded = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  return rows.map((row) => `${row.map(padded).join('  ').trimEnd()}\n`).join('');
}

/** 12,345: to the next whole number. */
export function whole(value: number): string {
  return grouped(Math.round(value));
}
