import { describe, expect, it } from 'vitest';
import { LockstepError } from '../../src/errors.ts';
import { errorText, exitCodeOf } from '../../src/text/error-text.ts';

const refused = new LockstepError({
  code: 'ERR_LOCKSTEP_RUN_IN_USE',
  what: 'It is so',
  why: 'there is\n  a reason',
  mend: 'Do this',
  exitCode: 75,
  cause: new Error('deeper'),
});

describe('errorText', () => {
  it('is three lines: what, why, mend', () => {
    expect(errorText(refused, false)).toBe('Error: It is so\n  Why:  there is a reason\n  Mend: Do this\n');
    expect(exitCodeOf(refused)).toBe(75);
  });

  it('shows the code, and the stacks of the error and its causes, only with --verbose', () => {
    expect(errorText(refused, true)).toMatch(
      /^Error: It is so\n[\s\S]*\n {2}Code: ERR_LOCKSTEP_RUN_IN_USE\n[\s\S]*\n {4}at [\s\S]*Caused by:\nError: deeper\n {4}at /,
    );
  });

  it('calls everything else a bug', () => {
    const bug = new TypeError('x is not a function');
    expect(errorText(bug, false)).toBe(
      'Error: TypeError: x is not a function\n  This is a bug in lockstep; run again with --verbose.\n',
    );
    expect(errorText(bug, true)).toMatch(/\n {2}Code: ERR_LOCKSTEP_INTERNAL\n[\s\S]* {4}at /);
    expect(errorText('thrown text', false)).toContain('Error: thrown text\n');
    expect(exitCodeOf(bug)).toBe(1);
  });
});
