// What was computed by another version of the arithmetic cannot be gone on with, nor computed again. Pure.

import { ExitCode, LockstepError } from '../errors.ts';
import { NUMERICS_VERSION } from '../numerics.ts';

/** `place`: the file that says it. Programs before the number was written had the first version. */
export function refuseOtherNumerics(
  { numerics = 1, program }: { readonly numerics?: number; readonly program?: string },
  place: string,
): void {
  if (numerics === NUMERICS_VERSION) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_NUMERICS',
    what: `${place} is of another version of the arithmetic`,
    why: `its numerics version is ${numerics}, and that of this program is ${NUMERICS_VERSION}: the same steps have other bits`,
    mend: program === undefined ? 'Use the program that trained the run' : `Use lockstep ${program}, which wrote it`,
    exitCode: ExitCode.usage,
  });
}
