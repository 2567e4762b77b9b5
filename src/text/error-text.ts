// An error -> the lines that a user reads, and the exit code. Knows nothing of where they are printed.

import type { ErrorCode } from '../error-codes.ts';
import { ExitCode, LockstepError } from '../errors.ts';
import { cellsOf } from './cell-width.ts';
import { printable, printableLines } from './clean-text.ts';
import { wrapped } from './wrapped.ts';

interface Shown {
  /** With code and stack. */
  readonly verbose: boolean;
  readonly coloured?: boolean;
  /** Cells of the terminal; null: it is none. */
  readonly width?: number | null;
}

/** What, why, and what mends it, each in a line, or on a narrow terminal in as many as it takes. */
export function errorText(error: unknown, { verbose, coloured = false, width = null }: Shown): string {
  const head = coloured ? '\x1b[31mError:\x1b[39m' : 'Error:';
  const what = (text: string) => hanging('Error: ', text, width).map((line) => line.replace(/^Error:/, head));
  const lines =
    error instanceof LockstepError
      ? [
          ...what(error.what),
          ...hanging('  Why:  ', error.why, width),
          // behind a colon stands a command, to be copied whole
          ...hanging('  Mend: ', error.mend, error.mend.includes(': ') ? null : width),
        ]
      : [...what(messageOf(error)), bugLine(verbose)];
  if (verbose) lines.push(`  Code: ${codeOf(error)}`, ...stacks(error));
  return `${lines.join('\n')}\n`;
}

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof LockstepError ? error.exitCode : ExitCode.runFailed;
}

function codeOf(error: unknown): ErrorCode {
  return error instanceof LockstepError ? error.code : 'ERR_LOCKSTEP_INTERNAL';
}

function bugLine(verbose: boolean): string {
  return verbose ? '  This is a bug in lockstep.' : '  This is a bug in lockstep; run again with --verbose.';
}

/** The stack of the error, and of each error that caused it. */
function stacks(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = printableLines(error.stack ?? String(error));
  return error.cause === undefined ? [own] : [own, 'Caused by:', ...stacks(error.cause)];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Further lines begin where the text behind the head does. */
function hanging(head: string, text: string, width: number | null): string[] {
  const line = head + oneLine(text);
  if (width === null || cellsOf(line) <= width) return [line];
  return wrapped(oneLine(text), width - head.length, 0, 'whole').map(
    (part, i) => (i === 0 ? head : ' '.repeat(head.length)) + part,
  );
}

/** Messages of the JSON parser and of file names may hold line breaks. */
function oneLine(text: string): string {
  return printable(text).replace(/ +/g, ' ').trim();
}
