// The LockstepError that an action ends in, for tests that look at what it says.

import { expect } from 'vitest';
import { LockstepError } from '../../src/errors.ts';

export async function refusal(action: () => unknown): Promise<LockstepError> {
  try {
    await action();
  } catch (error) {
    expect(error).toBeInstanceOf(LockstepError);
    const refused = error as LockstepError;
    for (const part of [refused.what, refused.why, refused.mend]) expect(part).not.toBe('');
    return refused;
  }
  throw new Error('It was not refused');
}
