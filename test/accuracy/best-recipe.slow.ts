// What --preset best reaches on MNIST with the same 109,386 parameters.

import { describe, expect, test } from 'vitest';
import { traced } from '../support/train.ts';

describe('--preset best', () => {
  test.each([42, 1])('seed %d', async (seed) => {
    const { summary } = await traced({ preset: 'best', seed });
    const { test: figures, seconds, bestEpoch, parameters } = summary;
    console.info(`seed ${seed}: epoch ${bestEpoch}, test ${figures.accuracy.toFixed(4)}, ${seconds.toFixed(1)} s`);
    expect(parameters).toBe(109_386);
    expect(figures.accuracy).toBeGreaterThanOrEqual(seed === 42 ? 0.987 : 0.985);
  });
});
