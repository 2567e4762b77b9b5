// The plain network against sums that are done by hand here.

import { expect, test } from 'vitest';
import { layoutOf } from '../../src/model/layout.ts';
import { probabilitiesOf } from '../../src/model/plain-forward.ts';

test('weights, bias, ReLU between layers and softmax at the end', () => {
  const network = {
    layout: layoutOf([2, 2, 3]),
    // fc1: rows (1, 2) and (-1, 1), bias 0.5 and -3; fc2: rows (1, 9), (0, 9), (2, 9), bias 0, 1, -1
    parameters: Float32Array.of(1, 2, -1, 1, 0.5, -3, 1, 9, 0, 9, 2, 9, 0, 1, -1),
    scale: 1 / 127.5,
    offset: 1,
  };
  // inputs 1 and -1: sums -0.5 and -5, both 0 after ReLU; logits are the bias
  const first = probabilitiesOf(network, Uint8Array.of(255, 0));
  // inputs 1 and 1: sums 3.5 and -3; logits 3.5, 1, 6
  const second = probabilitiesOf(network, Uint8Array.of(255, 255));
  for (const [found, logits] of [
    [first, [0, 1, -1]],
    [second, [3.5, 1, 6]],
  ] as const) {
    const total = logits.reduce<number>((sum, logit) => sum + Math.exp(logit), 0);
    expect([...found]).toEqual(logits.map((logit) => expect.closeTo(Math.exp(logit) / total, 6)));
  }
});

test('logits beyond what exp can bear give a probability of 1', () => {
  const network = { layout: layoutOf([1, 2]), parameters: Float32Array.of(0, 0, 1e30, -1e30), scale: 1, offset: 0 };
  expect([...probabilitiesOf(network, Uint8Array.of(9))]).toEqual([1, 0]);
});
