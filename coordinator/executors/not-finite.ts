// How a run ends whose gradient is truly not finite: the same words from every executor. Who was at fault where only one
// worker's answer was not finite is not its affair (step/suspicion.ts).

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
