// What is said of a file that could not be written.

import { type ExitCode, LockstepError } from '../../src/errors.ts';
import { ioReason, writeCodeOf } from '../../src/host/files/io-reason.ts';

/** `cause`: what the system said of writing so many bytes to that file. */
export function notWritten(
  { path, bytes, cause }: { readonly path: string; readonly bytes: number; readonly cause?: unknown },
  mend: string,
  exitCode: ExitCode,
): LockstepError {
  return new LockstepError({
    code: writeCodeOf(cause),
    what: `${path} cannot be written`,
    why: `writing its ${bytes} bytes failed: ${ioReason(cause)}`,
    mend,
    exitCode,
    cause,
  });
}
