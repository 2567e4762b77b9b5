import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Kept, toRemove } from '../../src/run/checkpoint-retention.ts';

const remaining = (all: readonly Kept[], keepLast: number) => {
  const gone = toRemove(all, keepLast);
  return all.filter((each) => !gone.includes(each)).map(({ step }) => step);
};
const kept = (...losses: (number | null)[]) => losses.map((validationLoss, i) => ({ step: i + 1, validationLoss }));

describe('toRemove', () => {
  it.each([
    ['the last', kept(5, 4, 3, 2, 1), 3, [3, 4, 5]],
    ['the best besides', kept(1, 4, 3, 2, 5), 3, [1, 3, 4, 5]],
    ['the earliest of the best', kept(4, 1, 1, 2, 2, 2), 2, [2, 5, 6]],
    ['only the last where nothing was validated', kept(null, null, null), 1, [3]],
    ['one that was validated', kept(9, null, null), 1, [1, 3]],
    ['all where there are few', kept(3, 2), 3, [1, 2]],
  ] as const)('keeps %s', (_, all, keepLast, expected) => {
    expect(remaining(all, keepLast)).toEqual(expected);
  });

  it.each([
    ['the newest up to each step that the run may have to go back to', [5, 2], [2, 5, 7, 8]],
    ['nothing for a step before all of them', [0], [7, 8]],
    ['no more where they stay anyway', [9, 7], [7, 8]],
  ] as const)('keeps %s', (_, cleanSteps, expected) => {
    const all = [1, 2, 4, 5, 7, 8].map((step) => ({ step, validationLoss: null }));
    const gone = toRemove(all, 2, cleanSteps);
    expect(all.filter((each) => !gone.includes(each)).map(({ step }) => step)).toEqual(expected);
  });

  it('never removes the newest or the best, and keeps at most one more than asked', () => {
    const arbitrary = fc.uniqueArray(
      fc.record({ step: fc.nat(99), validationLoss: fc.option(fc.integer({ max: 9, min: 0 })) }),
      {
        selector: ({ step }) => step,
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(arbitrary, fc.integer({ min: 1, max: 5 }), (all, keepLast) => {
        const steps = remaining(all, keepLast);
        expect(steps).toContain(Math.max(...all.map(({ step }) => step)));
        const losses = all.flatMap(({ validationLoss }) => validationLoss ?? []);
        const left = all
          .filter(({ step }) => steps.includes(step))
          .flatMap(({ validationLoss }) => validationLoss ?? []);
        if (losses.length > 0) expect(Math.min(...left)).toBe(Math.min(...losses));
        expect(steps.length).toBeLessThanOrEqual(keepLast + 1);
        expect(steps.length).toBeGreaterThanOrEqual(Math.min(keepLast, all.length));
      }),
    );
  });
});
