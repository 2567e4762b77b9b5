// The parameters of the best epoch so far.

import { expect, test } from 'vitest';
import { BestParameters } from '../../../coordinator/training/best-parameters.ts';

test('figures that are no numbers are never the best', () => {
  const best = new BestParameters(null);
  best.consider(Number.NaN, true, () => Float32Array.of(1));
  best.consider(5, true, () => Float32Array.of(2));
  best.consider(Number.NaN, true, () => Float32Array.of(3));
  expect(best.parameters).toEqual(Float32Array.of(2));
});
