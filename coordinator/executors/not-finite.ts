// The error of a step whose gradient is not finite.

import { ExitCode, LockstepError } from '../../src/errors.ts';

export function notFinite(step: number): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_NOT_FINITE',
    what: `The gradient of step ${step} is not finite`,
    why: 'a NaN or an infinity came out of the shards, as happens when the weights grow without bound',
    mend: 'Use a smaller --lr. The weights before that step were not changed.',
    exitCode: ExitCode.runFailed,
  });
}
