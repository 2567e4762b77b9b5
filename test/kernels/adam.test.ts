import { describe, expect, test } from 'vitest';
import { createAdam } from '../../src/library.ts';
import { BiasPowers } from '../../src/model/adam.ts';
import { goldenJson } from '../support/golden.ts';
import { refusal } from '../support/refusal.ts';

describe('createAdam', () => {
  test('meets torch.optim.Adam', () => {
    const { lr, betas, eps, initial, gradients, after } = goldenJson<{
      lr: number;
      betas: [number, number];
      eps: number;
      initial: number[];
      gradients: number[][];
      after: Record<string, number[]>;
    }>('adam.json');
    const parameters = Float32Array.from(initial);
    const adam = createAdam(parameters.length, { lr, beta1: betas[0], beta2: betas[1], eps });
    let compared = 0;
    gradients.forEach((gradient, step) => {
      adam.step(parameters, Float32Array.from(gradient));
      after[step + 1]?.forEach((value, i) => {
        // float32 against float64, over 60 steps of 0.003
        expect(Math.abs(parameters[i]! - value), `parameter ${i} after step ${step + 1}`).toBeLessThan(1e-5);
        compared++;
      });
    });
    expect(gradients).toHaveLength(60);
    expect(compared).toBe(Object.keys(after).length * initial.length);
  });

  test('two optimizers do not share their moments', () => {
    const [a, b] = [createAdam(3), createAdam(3)];
    const [p, q] = [new Float32Array(3), new Float32Array(3)];
    a.step(p, Float32Array.from([1, 1, 1]));
    a.step(p, Float32Array.from([-1, 0, 1]));
    b.step(q, Float32Array.from([1, 1, 1]));
    b.step(q, Float32Array.from([-1, 0, 1]));
    expect([...q]).toEqual([...p]);
  });

  test('moments that no gradient feeds become 0, not subnormal', () => {
    const adam = createAdam(1, { lr: 0.1 });
    const parameters = new Float32Array(1);
    adam.step(parameters, Float32Array.from([1e-3]));
    let previous = Number.NaN;
    for (let step = 0; step < 2000; step++) {
      previous = parameters[0]!;
      adam.step(parameters, new Float32Array(1));
    }
    expect(parameters[0]).toBe(previous);
  });

  test('refuses what does not fit', async () => {
    await refusal(() => createAdam(0));
    await refusal(() => createAdam(3, { beta1: 1 }));
    await refusal(() => createAdam(3, { lr: Number.NaN }));
    const adam = createAdam(3);
    await refusal(() => adam.step(new Float32Array(4), new Float32Array(3)));
    await refusal(() => adam.step(new Float32Array(3), new Float32Array(2)));
  });
});

test('bias powers are the same products whenever they are made', () => {
  const running = new BiasPowers();
  for (let t = 0; t < 100; t++) running.advance();
  const rebuilt = BiasPowers.after(100);
  expect([rebuilt.beta1Power, rebuilt.beta2Power]).toEqual([running.beta1Power, running.beta2Power]);
});
