// What goes wrong and how it ends: one error class for all that a user can cause or mend, and the exit codes.
// Knows nothing of how errors are printed.

import { type ErrorCode, errorCodes } from './error-codes.ts';

/**
 * Exit codes of every command. `usage` is for whatever is found before the first step (flags, configuration, data, output
 * folder), `runFailed` for what happens later, `tryAgain` for what may be there later (a coordinator, workers).
 */
export const ExitCode = {
  done: 0,
  runFailed: 1,
  usage: 2,
  verificationFailed: 3,
  tryAgain: 75,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export interface Explanation {
  /** Stays the same when the words change (error-codes.ts). */
  readonly code: ErrorCode;
  /** What happened, as a sentence without its full stop. */
  readonly what: string;
  /** Why, in terms of the user's input or machine. */
  readonly why: string;
  /** What mends it: a command or an action. */
  readonly mend: string;
  /** Default: that of the code, or 2: found before the first step. */
  readonly exitCode?: ExitCode;
  readonly cause?: unknown;
}

/** An error that says what, why and how to mend it. Anything else that is thrown is a bug of ours. */
export class LockstepError extends Error {
  override readonly name = 'LockstepError';
  readonly code: ErrorCode;
  readonly what: string;
  readonly why: string;
  readonly mend: string;
  readonly exitCode: ExitCode;

  constructor({ code, what, why, mend, exitCode, cause }: Explanation) {
    super(`${what}: ${why}. ${mend}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.what = what;
    this.why = why;
    this.mend = mend;
    this.exitCode = exitCode ?? errorCodes[code].exitCode ?? ExitCode.usage;
  }
}

/** Whether somebody can mend what was thrown: it then has a code. Also of another copy of this package. */
export function isLockstepError(thrown: unknown): thrown is LockstepError {
  return thrown instanceof Error && thrown.name === 'LockstepError' && Object.hasOwn(errorCodes, Object(thrown).code);
}

/** Wide vectors gave other bits than narrow ones: nobody who computes with them goes on. */
export function isWideFault(error: unknown): error is LockstepError {
  return error instanceof LockstepError && error.code === 'ERR_LOCKSTEP_WIDE_DIFFERS';
}

/** What was thrown, in words: anything can be. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
