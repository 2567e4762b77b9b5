// Why a run or a node is told to end, where a test does what Ctrl-C or SIGTERM would.

import { type ExitCode, LockstepError } from '../../src/errors.ts';

export function interruption(exitCode: ExitCode): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_INTERRUPTED',
    what: 'Told to end',
    why: 'a test',
    mend: 'none',
    exitCode,
  });
}
