// The digest by which two ends find out whether they would agree to the bit.

import { expect, test } from 'vitest';
import { wiring } from '../../../src/library.ts';
import { refusal } from '../../support/refusal.ts';

test('the kernels answer the self-test the same on every machine', async () => {
  // Changes only where a change of the arithmetic is meant, as test/golden/digest.json does.
  expect(await wiring.selfTest('wasm')).toBe('92243d97a69367f452e3390639701a62904f6ae846d6fb370fd8924695653691');
});

test('an engine that there is not is refused', async () => {
  const { what, exitCode } = await refusal(() => wiring.selfTest('torch'));
  expect(what).toBe('There is no engine "torch"');
  expect(exitCode).toBe(2);
});
