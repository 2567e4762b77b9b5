import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeGradient } from '../../src/library.ts';
import { goldenGradient, normalisedGradient, relativeError } from '../support/golden.ts';
import { randomCase } from '../support/random-case.ts';
import { refusal } from '../support/refusal.ts';
import { slowGradient } from '../support/slow-network.ts';

describe('computeGradient', () => {
  test("meets PyTorch's gradient", async () => {
    const { images, labels, parameters, gradient, loss, correct } = await goldenGradient();
    const result = computeGradient({
      hidden: [128, 64],
      parameters,
      images,
      labels,
      rows: 28,
      columns: 28,
      classes: 10,
    });
    const mean = result.gradient.map((value) => value / labels.length);
    // float32 against PyTorch's float64: 2e-7 was measured
    expect(relativeError(mean, gradient)).toBeLessThan(1e-5);
    expect(result.lossSum / labels.length).toBeCloseTo(loss, 6);
    expect(result.correctCount).toBe(correct);
    expect(result.sampleCount).toBe(labels.length);
  });

  test("meets PyTorch's gradient under another normalisation", async () => {
    const { images, labels, parameters } = await goldenGradient();
    const { mean, std, loss, correct, every, norm, gradient } = normalisedGradient();
    const of = { hidden: [128, 64], parameters, images, labels, rows: 28, columns: 28, classes: 10 };
    const result = computeGradient({ ...of, normalization: { mean, std } });
    const means = result.gradient.map((value) => value / labels.length);
    // float32 against PyTorch's float64: 3e-7 was measured
    expect(
      relativeError(
        means.filter((_, i) => i % every === 0),
        gradient,
      ),
    ).toBeLessThan(1e-5);
    expect(Math.hypot(...means) / norm).toBeCloseTo(1, 5);
    expect(result.lossSum / labels.length).toBeCloseTo(loss, 6);
    expect(result.correctCount).toBe(correct);
    // the default is another one
    expect(computeGradient(of).lossSum / labels.length).not.toBeCloseTo(loss, 6);
  });

  test("the report's normalisation gives the same bits when it is named", async () => {
    const input = randomCase(11, [9, 5], 4, 12, 0.3);
    const named = computeGradient({ ...input, normalization: { mean: 0.5, std: 0.5 } });
    expect(named).toEqual(computeGradient(input));
  });

  test('meets the slow twin on random networks of any widths', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.array(fc.integer({ min: 1, max: 37 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 17 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(0, 0.2, 1),
        fc.constantFrom(
          { mean: 0.5, std: 0.5 },
          { mean: 0.1307, std: 0.3081 },
          { mean: 0, std: 1 },
          { mean: 1, std: 0.7 },
        ),
        (seed, hidden, classes, count, density, normalization) => {
          const input = randomCase(seed, hidden, classes, count, density);
          const expected = slowGradient(input, input.images, input.labels, normalization);
          const found = computeGradient({ ...input, normalization });
          // float32 sums of a few hundred terms against float64
          const scale = Math.max(1e-3, ...expected.gradient.map(Math.abs));
          found.gradient.forEach((value, i) => {
            expect(Math.abs(value - expected.gradient[i]!)).toBeLessThan(2e-5 * scale * Math.max(1, count));
          });
          expect(found.lossSum).toBeCloseTo(expected.lossSum, 4);
          expect(found.sampleCount).toBe(count);
        },
      ),
      { numRuns: 200, seed: 7 },
    );
  });

  test('meets finite differences of the loss', () => {
    const input = randomCase(3, [7, 5], 4, 6, 0.4);
    const { gradient } = computeGradient(input);
    const h = 1e-3;
    for (let i = 0; i < gradient.length; i += 11) {
      const lossAt = (shift: number) => {
        const parameters = Float64Array.from(input.parameters);
        parameters[i]! += shift;
        return slowGradient({ widths: input.widths, parameters }, input.images, input.labels).lossSum;
      };
      const difference = (lossAt(h) - lossAt(-h)) / (2 * h);
      // the difference quotient is off by h^2 and by kinks of ReLU within h
      expect(Math.abs(gradient[i]! - difference)).toBeLessThan(2e-3 * Math.max(1, Math.abs(difference)));
    }
  });

  test('many samples take several passes, and come to the same sum', () => {
    const input = randomCase(5, [16], 3, 1000, 0.2);
    const expected = slowGradient(input, input.images, input.labels);
    const found = computeGradient(input);
    expect(relativeError(found.gradient, expected.gradient)).toBeLessThan(1e-5);
    expect(found.lossSum).toBeCloseTo(expected.lossSum, 2);
    expect(found.sampleCount).toBe(1000);
  });

  test('no samples give the zero node', () => {
    const input = randomCase(5, [16], 3, 0, 0.2);
    const { gradient, ...figures } = computeGradient(input);
    expect(gradient.every((value) => Object.is(value, 0))).toBe(true);
    expect(figures).toEqual({ lossSum: 0, correctCount: 0, sampleCount: 0 });
  });

  test('NaN in the parameters is never hidden by ReLU', () => {
    const input = randomCase(5, [16, 8], 3, 4, 0.2);
    input.parameters[0] = Number.NaN;
    expect(computeGradient(input).lossSum).toBeNaN();
  });

  test('refuses what does not fit', async () => {
    const input = randomCase(5, [4], 3, 4, 0.2);
    for (const bad of [
      { labels: Uint8Array.from([0, 1, 2, 3]) },
      { parameters: new Float32Array(3) },
      { images: new Uint8Array(7) },
      { classes: 257 },
      { hidden: [0] },
      { normalization: { mean: 0.5, std: 0 } },
      { normalization: { mean: Number.NaN, std: 1 } },
    ]) {
      await refusal(() => computeGradient({ ...input, ...bad }));
    }
  });
});
