// What a command is to the command line: its flags, its help, and a function that does it. Knows no parser.

import type { ExitCode } from '../../src/errors.ts';
import type { Flags } from '../../src/options/flags.ts';
import { jsonText } from '../../src/run/disk-records.ts';
import { printable } from '../../src/text/clean-text.ts';
import type { Wiring } from '../../src/wiring.ts';

/** What the entry hands to a command. */
export interface CommandContext {
  readonly wiring: () => Promise<Wiring>;
  /** Text for stdout: the result. */
  readonly print: (text: string) => Promise<void>;
  /** A line for stderr: progress and warnings. */
  readonly note: (line: string) => void;
  readonly cores: number;
  /** File of the command line itself, to start workers with. */
  readonly cli: string;
  /** Whether stdout is a terminal that shows colours. */
  readonly colours: boolean;
  /** Aborted when the command is to end; without it nobody ends it. */
  readonly signal?: AbortSignal;
}

export interface Command<O> {
  readonly name: string;
  readonly summary: string;
  /** In commander's notation, e.g. "<run> <file...>"; "" for none. */
  readonly operands: string;
  readonly flags: Flags<O>;
  /** What follows the list of flags in the help. */
  readonly help: string;
  /** It has something to take back, and ends by itself when its signal is aborted; others are simply left. */
  readonly stopsItself?: boolean;
  /** `operands`: in order; a list that ends in "..." is spread. */
  readonly run: (operands: readonly string[], options: O, surroundings: CommandContext) => Promise<ExitCode>;
}

/** A command with any options: only the command itself knows them. */
// biome-ignore lint/suspicious/noExplicitAny: its options go in and out of the same object
export type AnyCommand = Command<any>;

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
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? '').length)));
  const shown = rows.map((row) =>
    row
      .map((cell, column) =>
        typeof cell === 'number' ? String(cell).padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
  return `${shown.join('\n')}\n`;
}
