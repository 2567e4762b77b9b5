// When threads have died too often for another to take their place.

import { ExitCode, LockstepError, messageOf } from '../errors.ts';

/** Deaths without a step or a part between them after which the run gives up. */
export const MAX_DEATHS = 8;

export function threadsKeepDying(deaths: number, last: unknown): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_THREADS_DIED',
    what: 'Worker threads keep dying',
    why: `${deaths} in a row, the last one with: ${messageOf(last)}`,
    mend: 'Run again with --threads 0 to see the error in the main thread, and with --verbose.',
    exitCode: ExitCode.runFailed,
    cause: last,
  });
}
