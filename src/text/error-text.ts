// An error -> the lines that a user reads, and the exit code. Knows nothing of where they are printed.

import type { ErrorCode } from '../error-codes.ts';
import { ExitCode, LockstepError } from '../errors.ts';
import { printable, printableLines } from './clean-text.ts';

/** Three lines: what, why, and what mends it. Code and stack only where they were asked for. */
export function errorText(error: unknown, verbose: boolean, coloured = false): string {
  const head = coloured ? '\x1b[31mError:\x1b[39m' : 'Error:';
  const lines =
    error instanceof LockstepError
      ? [`${head} ${oneLine(error.what)}`, `  Why:  ${oneLine(error.why)}`, `  Mend: ${oneLine(error.mend)}`]
      : [`${head} ${oneLine(messageOf(error))}`, bugLine(verbose)];
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

/** Messages of the JSON parser and of file names may hold line breaks. */
function oneLine(text: string): string {
  return printable(text).replace(/ +/g, ' ').trim();
}
