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
    expect(errorText(refused, { verbose: false })).toBe(
      'Error: It is so\n  Why:  there is a reason\n  Mend: Do this\n',
    );
    expect(exitCodeOf(refused)).toBe(75);
  });

  it('begins further lines on a narrow terminal where the text does, and leaves what is to be copied whole', () => {
    const long = new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: 'It is as it is told here',
      why: 'there is a reason, and one more in /a/folder/of/a/very/long/name',
      mend: 'Go on with: lockstep train --resume runs/a-long-name',
    });
    expect(errorText(long, { verbose: false, width: 30, coloured: true }).split('\n')).toEqual([
      '\x1b[31mError:\x1b[39m It is as it is told',
      '       here',
      '  Why:  there is a reason, and',
      '        one more in',
      '        /a/folder/of/a/very/long/name',
      '  Mend: Go on with: lockstep train --resume runs/a-long-name',
      '',
    ]);
  });

  it('shows the code, and the stacks of the error and its causes, only with --verbose', () => {
    expect(errorText(refused, { verbose: true })).toMatch(
      /^Error: It is so\n[\s\S]*\n {2}Code: ERR_LOCKSTEP_RUN_IN_USE\n[\s\S]*\n {4}at [\s\S]*Caused by:\nError: deeper\n {4}at /,
    );
  });

  it('calls everything else a bug', () => {
    const bug = new TypeError('x is not a function');
    expect(errorText(bug, { verbose: false })).toBe(
      'Error: TypeError: x is not a function\n  This is a bug in lockstep; run again with --verbose.\n',
    );
    expect(errorText(bug, { verbose: true })).toMatch(/\n {2}Code: ERR_LOCKSTEP_INTERNAL\n[\s\S]* {4}at /);
    expect(errorText('thrown text', { verbose: false })).toContain('Error: thrown text\n');
    expect(exitCodeOf(bug)).toBe(1);
  });
});
