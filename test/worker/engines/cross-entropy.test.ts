// Loss and its gradient of logits, against what can be said on paper.

import { expect, test } from 'vitest';
import { crossEntropy } from '../../../worker/engines/cross-entropy.ts';

test('loss, correct predictions, and the gradient over the logits', () => {
  const ln = Math.log;
  // probabilities 1/6, 2/6, 3/6; then all alike, where the first of the largest is the prediction
  const logits = Float32Array.from([ln(1), ln(2), ln(3), 7, 7, 7]);
  const sums = crossEntropy(logits, Uint8Array.from([2, 1]));
  expect(sums.lossSum).toBeCloseTo(ln(2) + ln(3), 6);
  expect([sums.correctCount, sums.sampleCount]).toEqual([1, 2]);
  [1 / 6, 2 / 6, -3 / 6, 1 / 3, -2 / 3, 1 / 3].forEach((expected, i) => {
    expect(logits[i]).toBeCloseTo(expected, 6);
  });
});

test('large logits do not overflow, and what cannot be is not -0', () => {
  const logits = Float32Array.from([1e30, -1e30, 0]);
  expect(crossEntropy(logits, Uint8Array.from([0]))).toEqual({ lossSum: 0, correctCount: 1, sampleCount: 1 });
  expect([...logits]).toEqual([0, 0, 0]);
});

test('what is not a number is in the loss and in the gradient', () => {
  const logits = Float32Array.from([0, Number.NaN]);
  expect(crossEntropy(logits, Uint8Array.from([0])).lossSum).toBeNaN();
  expect([...logits]).toEqual([Number.NaN, Number.NaN]);
});
