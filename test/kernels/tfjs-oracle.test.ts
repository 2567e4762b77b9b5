// TensorFlow.js as an oracle that is always there: tfjs-core on its plain JavaScript backend traces the gradient itself, and
// the kernels must agree.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { computeGradient } from '../../src/library.ts';
import { layoutOf, namedTensors } from '../../src/model/layout.ts';
import { relativeError } from '../support/golden.ts';
import { randomCase } from '../support/random-case.ts';

beforeAll(async () => {
  // else it prints advice to use another backend
  tf.env().set('IS_NODE', false);
  await tf.setBackend('cpu');
});

/** Sum of the cross-entropies and its gradient in canonical order. */
function tracedGradient(input: ReturnType<typeof randomCase>) {
  const { widths, parameters, images, labels, classes } = input;
  return tf.tidy(() => {
    const layout = layoutOf(widths);
    const tensors = namedTensors(layout, parameters).map(({ data, shape }) => tf.tensor(data, [...shape]));
    const samples = tf.tensor2d(
      Float32Array.from(images, (p) => (p / 255 - 0.5) / 0.5),
      [labels.length, widths[0]!],
    );
    const truth = tf.oneHot(tf.tensor1d(labels, 'int32'), classes);
    const lossOf = (...given: tf.Tensor[]): tf.Scalar => {
      let activations: tf.Tensor = samples;
      layout.layers.forEach((_, l) => {
        const sums = tf.add(tf.matMul(activations, given[2 * l]!, false, true), given[2 * l + 1]!);
        activations = l + 1 < layout.layers.length ? tf.relu(sums) : sums;
      });
      return tf.losses.softmaxCrossEntropy(truth, activations, undefined, 0, tf.Reduction.SUM) as tf.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(lossOf)(tensors);
    return {
      lossSum: value.dataSync()[0]!,
      gradient: grads.flatMap((gradient) => Array.from(gradient.dataSync())),
    };
  });
}

test('computeGradient agrees with tfjs-core on random small networks and batches', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 31 }),
      fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 2, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
      fc.constantFrom(0.2, 1),
      (seed, hidden, classes, count, density) => {
        const input = randomCase(seed, hidden, classes, count, density);
        const expected = tracedGradient(input);
        const found = computeGradient(input);
        expect(relativeError(found.gradient, expected.gradient)).toBeLessThan(1e-5);
        expect(Math.abs(found.lossSum - expected.lossSum)).toBeLessThan(1e-5 * expected.lossSum);
      },
    ),
    { numRuns: 100, seed: 11 },
  );
});

test('negative control: another gradient is not within the bound', () => {
  const input = randomCase(3, [8], 4, 6, 0.4);
  const wrong = { ...input, labels: input.labels.map((label, i) => (i === 0 ? (label + 1) % 4 : label)) };
  expect(relativeError(computeGradient(wrong).gradient, tracedGradient(input).gradient)).toBeGreaterThan(1e-5);
});
