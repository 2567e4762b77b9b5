// Figures that are no numbers, in the records of a run and in what is chosen by them.

import { expect, test } from 'vitest';
import { bestOf } from '../../src/run/checkpoint-retention.ts';
import { checkHistory, jsonText } from '../../src/run/disk-records.ts';
import { bestEpochOf, isOutOfPatience } from '../../src/run/position.ts';

const epoch = (number: number, loss: number) => ({
  epoch: number,
  steps: number * 5,
  train: { loss, accuracy: 0 },
  validation: { loss, accuracy: 0.5 },
  samples: 70,
});

test('come back from JSON as they were, and so does what 0.1.0 wrote', () => {
  const history = [epoch(1, Number.NaN), epoch(2, Infinity), epoch(3, -Infinity), epoch(4, 1)];
  expect(checkHistory(JSON.parse(jsonText(history)))).toEqual({ value: history });
  expect(checkHistory(JSON.parse(JSON.stringify([epoch(1, Number.NaN)])))).toEqual({ value: [epoch(1, Number.NaN)] });
});

test('are never the best', () => {
  expect(bestEpochOf([epoch(1, Number.NaN), epoch(2, 3), epoch(3, Number.NaN)])).toBe(1);
  expect(bestEpochOf([epoch(1, Number.NaN)])).toBe(-1);
  expect(isOutOfPatience([epoch(1, 3), epoch(2, Number.NaN), epoch(3, Number.NaN)], 2)).toBe(true);
  const checkpoints = [Number.NaN, 2, Number.NaN].map((validationLoss, step) => ({ step, validationLoss }));
  expect(bestOf(checkpoints)?.step).toBe(1);
});
