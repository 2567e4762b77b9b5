// Whether a run came to the digest that somebody expects of it. Pure.

import { LockstepError } from '../errors.ts';

export interface Digests {
  readonly digest: string;
  readonly stateDigest: string;
}

/** `expected`: how either of them must begin; null: anything will do. */
export function isExpected(expected: string | null, { digest, stateDigest }: Digests): boolean {
  const start = expected?.toLowerCase();
  return start === undefined || digest.startsWith(start) || stateDigest.startsWith(start);
}

/** @throws LockstepError with exit code 3 */
export function refuseUnexpected(expected: string | null, found: Digests): void {
  if (isExpected(expected, found)) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_UNEXPECTED_DIGEST',
    what: 'The run came to another digest than the expected one',
    why: `--expect-digest is ${expected}; its digest is ${found.digest}, and its state digest ${found.stateDigest}`,
    mend: 'Compare configuration, data and version of the program with those of the run that it was taken from: lockstep compare, lockstep bisect',
  });
}
