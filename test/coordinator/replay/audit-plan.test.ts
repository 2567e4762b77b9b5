import fc from 'fast-check';
import { expect, test } from 'vitest';
import { auditRanges, costOf, drawnSteps } from '../../../coordinator/replay/audit-plan.ts';

test('each chosen step lies in a range that begins with the nearest state, and none is computed twice', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(60)), fc.uniqueArray(fc.nat(60)), (some, steps) => {
      const states = [...new Set([0, ...some])].sort((a, b) => a - b);
      const chosen = steps.sort((a, b) => a - b);
      const ranges = auditRanges(states, chosen);
      for (const step of chosen) {
        const [range, ...others] = ranges.filter(({ from, to }) => from <= step && step < to);
        expect(others).toEqual([]);
        expect(range!.from).toBe(states.findLast((state) => state <= step));
      }
      const computed = ranges.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
      expect(new Set(computed).size).toBe(costOf(ranges));
    }),
  );
});

test('ranges end where nothing more is asked for', () => {
  expect(auditRanges([0, 20, 40], [5, 7, 25])).toEqual([
    { from: 0, to: 8 },
    { from: 20, to: 26 },
  ]);
  expect(costOf([])).toBe(0);
});

test('steps are drawn by their share', () => {
  const words = (count: number) => Uint32Array.from({ length: count }, (_, i) => (i % 4) * 2 ** 30);
  expect(drawnSteps(10, 18, 0.5, words)).toEqual([10, 11, 14, 15]);
  expect(drawnSteps(10, 18, 1, words)).toHaveLength(8);
  expect(drawnSteps(3, 3, 1, words)).toEqual([]);
  // one at least
  expect(drawnSteps(10, 13, 0.1, () => Uint32Array.of(2 ** 31, 2 ** 30, 2 ** 32 - 1))).toEqual([11]);
});
