// What a run's recorded changes tell of its epochs.

import { describe, expect, test } from 'vitest';
import { type Change, firstEpochSeen } from '../../src/run/run-record.ts';

const history = [{ steps: 10 }, { steps: 20 }, { steps: 25 }];
const changed = (name: string, step: number, epochsDone?: number): Change => ({
  step,
  ...(epochsDone === undefined ? {} : { epochsDone }),
  name,
  from: 1,
  to: 2,
});

describe('the first epoch that saw the images as they are trained on now', () => {
  test.each<[string, Change[], number | null]>([
    ['unchanged', [], 0],
    ['changed in what shows in no image', [changed('lr', 10, 1)], 0],
    ['changed at the end of an epoch', [changed('seed', 20, 2)], 2],
    ['changed twice', [changed('seed', 10, 1), changed('limitTrain', 20, 2), changed('lr', 20, 2)], 2],
    ['changed in the middle of an epoch', [changed('augment', 14, 1)], 2],
    ['changed after the last', [changed('data', 25, 3)], null],
    ['as 0.1.0 recorded it', [changed('seed', 10)], 1],
  ])('%s', (_, changes, expected) => {
    expect(firstEpochSeen(changes, history)).toBe(expected);
  });
});
