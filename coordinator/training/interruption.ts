// What the user reads of a run that was stopped on demand, or for its wide vectors: where it stands, and the command that goes on
// with it.

import { ExitCode, LockstepError } from '../../src/errors.ts';
import { resumeCommand } from '../../src/text/shell-command.ts';

/** What a stopped run leaves. */
export interface Left {
  readonly folder: string;
  /** The step of the newest checkpoint; null if there is none. */
  readonly newestStep: number | null;
}

/** `reason`: why its signal was aborted. `left` is null where nothing is left to go on with. */
export function stopped(reason: unknown, left: Left | null): LockstepError {
  const { code, what, why, exitCode } =
    reason instanceof LockstepError
      ? reason
      : {
          code: 'ERR_LOCKSTEP_INTERRUPTED' as const,
          what: 'The run was stopped',
          why: 'its signal was aborted',
          exitCode: ExitCode.interrupted,
        };
  if (left === null) return new LockstepError({ code, what, why, mend: 'Start it again', exitCode, cause: reason });
  const { folder, newestStep } = left;
  const saved =
    newestStep === null ? 'there is no checkpoint yet' : `its newest checkpoint is that of step ${newestStep}`;
  return new LockstepError({
    code,
    what,
    why: `${why}; ${saved}`,
    mend: `Go on with: ${resumeCommand(folder)}`,
    exitCode,
    cause: reason,
  });
}

/** Of a run whose wide vectors gave other bits than narrow ones. The environment may have asked for them. */
export function withoutWide({ code, what, why, cause }: LockstepError, folder: string): LockstepError {
  return new LockstepError({
    code,
    what,
    why,
    mend: `Go on without --wide: LOCKSTEP_WIDE=0 ${resumeCommand(folder)}. To be sure of all steps, begin again without it`,
    cause,
  });
}
