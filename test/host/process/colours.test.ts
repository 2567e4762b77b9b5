// Where there are colours, by what users ask of their programs.

import { expect, test } from 'vitest';
import { hasColours } from '../../../src/host/process/colours.ts';

const some = { TERM: 'xterm-256color' };

test.each<[Record<string, string>, terminal16: boolean, terminal256: boolean, pipe16: boolean, pipe256: boolean]>([
  [some, true, true, false, false],
  [{ TERM: 'linux' }, true, false, false, false],
  [{ TERM: 'dumb' }, false, false, false, false],
  [{ ...some, NO_COLOR: '1' }, false, false, false, false],
  [{ ...some, NO_COLOR: '' }, true, true, false, false],
  [{ ...some, FORCE_COLOR: '' }, true, false, true, false],
  [{ ...some, FORCE_COLOR: '1' }, true, false, true, false],
  [{ TERM: 'dumb', FORCE_COLOR: '3' }, true, true, true, true],
  [{ ...some, FORCE_COLOR: '2', NO_COLOR: '1' }, true, true, true, true],
  [{ ...some, FORCE_COLOR: '0' }, false, false, false, false],
  [{ ...some, FORCE_COLOR: 'false' }, false, false, false, false],
])('%j', (environment, terminal16, terminal256, pipe16, pipe256) => {
  expect([16, 256].map((count) => hasColours(true, count, environment))).toEqual([terminal16, terminal256]);
  expect([16, 256].map((count) => hasColours(false, count, environment))).toEqual([pipe16, pipe256]);
});
