// The gradients of the engine tfjs-node on its native binding, against PyTorch's and a slow twin's. Without the binding these
// tests are skipped, and say so.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layoutOf, toCanonicalOrder, toKernelOrder } from '../../../src/model/layout.ts';
import { TfjsNetwork } from '../../../worker/engines/tfjs-network.ts';
import type { Tensorflow } from '../../../worker/engines/tfjs-node.ts';
import { goldenGradient, relativeError } from '../../support/golden.ts';
import { randomCase } from '../../support/random-case.ts';
import { slowGradient } from '../../support/slow-network.ts';
import { describeNative } from '../../support/tfjs-native.ts';

interface Batch {
  readonly widths: readonly number[];
  readonly parameters: Float32Array;
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/** Each image's values, and 1. */
function samplesOf(images: Uint8Array, pixels: number): Float32Array {
  const rows = Array.from({ length: images.length / pixels }, (_, i) => images.subarray(i * pixels, (i + 1) * pixels));
  return Float32Array.from(rows.flatMap((row) => [...Array.from(row, (p) => (p / 255 - 0.5) / 0.5), 1]));
}

/** What the engine makes of images that are not augmented: the vector as delivered, and in canonical order. */
function gradientBy(tf: Tensorflow, { widths, parameters, images, labels }: Batch) {
  const layout = layoutOf(widths);
  const vector = new Float32Array(layout.size);
  const delivered = new Float32Array(layout.size).fill(Number.NaN);
  toKernelOrder(layout, parameters, vector);
  const network = new TfjsNetwork(tf, layout.layers);
  network.setParameters(vector);
  const samples = samplesOf(images, widths[0]!);
  const sums = network.computeGradient(samples, labels, delivered);
  const evaluated = labels.length > 0 ? network.evaluate(samples, labels) : sums;
  network.close();
  return { delivered, gradient: toCanonicalOrder(layout, delivered), sums, evaluated };
}

describeNative('tfjs-node: gradients', (tf) => {
  test("meets PyTorch's gradient", async () => {
    const { images, labels, parameters, gradient: expected, loss, correct } = await goldenGradient();
    const { gradient, sums, evaluated } = gradientBy(tf, { widths: [784, 128, 64, 10], parameters, images, labels });
    const mean = gradient.map((value) => value / labels.length);
    expect(relativeError(mean, expected)).toBeLessThan(1e-5);
    expect(sums.lossSum / labels.length).toBeCloseTo(loss, 6);
    expect([sums.correctCount, sums.sampleCount]).toEqual([correct, labels.length]);
    expect(evaluated).toEqual(sums);
  });

  test('meets the slow twin on random networks of any widths; padding is 0', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.array(fc.integer({ min: 1, max: 37 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 17 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(0, 0.2, 1),
        (seed, hidden, classes, count, density) => {
          const input = randomCase(seed, hidden, classes, count, density);
          const expected = slowGradient(input, input.images, input.labels);
          const { delivered, gradient, sums } = gradientBy(tf, input);
          // as for the kernels, and the last bit of TensorFlow's softmax in each sample
          const scale = Math.max(5e-2, ...expected.gradient.map(Math.abs));
          gradient.forEach((value, i) => {
            expect(Math.abs(value - expected.gradient[i]!)).toBeLessThan(2e-5 * scale * count);
          });
          expect(sums.lossSum).toBeCloseTo(expected.lossSum, 4);
          const padding = layoutOf(input.widths).layers.flatMap(({ inputs, outputs, stride, offset }) =>
            Array.from({ length: inputs + 1 }, (_, i) => [
              ...delivered.subarray(offset + i * stride + outputs, offset + (i + 1) * stride),
            ]).flat(),
          );
          expect(padding.every((value) => value === 0)).toBe(true);
        },
      ),
      { numRuns: 60, seed: 5 },
    );
  });

  test('no samples give the zero node', () => {
    const { delivered, sums } = gradientBy(tf, randomCase(5, [16], 3, 0, 0.2));
    expect(delivered.every((value) => Object.is(value, 0))).toBe(true);
    expect(sums).toEqual({ lossSum: 0, correctCount: 0, sampleCount: 0 });
  });
});
