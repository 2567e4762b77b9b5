// Which digests --expect-digest takes: the first digits of either.

import { expect, test } from 'vitest';
import { isExpected } from '../../src/run/expected-digest.ts';

const found = { digest: `ab${'0'.repeat(62)}`, stateDigest: `cd${'1'.repeat(62)}` };

test.each([
  [null, true],
  [found.digest, true],
  [found.digest.slice(0, 16).toUpperCase(), true],
  [found.stateDigest.slice(0, 20), true],
  [`${found.digest.slice(0, 63)}1`, false],
  ['1'.repeat(16), false],
])('%s: %s', (expected, is) => expect(isExpected(expected, found)).toBe(is));
