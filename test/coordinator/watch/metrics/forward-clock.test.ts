import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ForwardClock } from '../../../../coordinator/watch/metrics/forward-clock.ts';

function times(lastMs: number, wall: readonly number[]) {
  let at = 0;
  const clock = new ForwardClock(lastMs, () => wall[at++]!);
  return wall.map(() => [clock.next(), clock.shiftMs]);
}

test('a clock that goes on is followed', () => {
  expect(times(Number.NEGATIVE_INFINITY, [10, 20, 30])).toEqual([
    [10, 0],
    [20, 0],
    [30, 0],
  ]);
});

test('one that is set back is led on at its own pace, until it is right again', () => {
  expect(times(1000, [400, 410, 410, 5000, 4000, 4100])).toEqual([
    [1001, 601],
    [1011, 601],
    [1012, 602],
    [5000, 0],
    [5001, 1001],
    [5101, 1001],
  ]);
});

test('whatever it does, no time comes twice or before another', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 2 }), fc.nat(), (wall, last) => {
      const given = [last, ...times(last, wall).map(([time]) => time!)];
      expect(given).toEqual([...new Set(given)].sort((a, b) => a - b));
    }),
  );
});
