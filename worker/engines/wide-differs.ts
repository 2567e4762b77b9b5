// What is said where wide vectors gave other bits than narrow ones.

import { LockstepError } from '../../src/errors.ts';

/** `where`: which kernel, and on what. */
export function wideDiffers(where: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_WIDE_DIFFERS',
    what: 'Wide vectors give other bits than narrow ones',
    why: `${where}: what was computed before may be wrong as well`,
    mend: 'Do it again without --wide: LOCKSTEP_WIDE=0, whatever the environment says',
  });
}
