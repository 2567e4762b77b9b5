import { describe, expect, test } from 'vitest';
import { cosineOfPi, learningRateAt, type Schedule } from '../../src/model/schedule.ts';

const rates = (schedule: Schedule, steps: number) =>
  Array.from({ length: steps }, (_, step) => learningRateAt(schedule, step, steps));

describe('schedules', () => {
  test('the cosine is that of mathematics', () => {
    for (let i = 0; i <= 1000; i++)
      expect(Math.abs(cosineOfPi(i / 1000) - Math.cos((Math.PI * i) / 1000))).toBeLessThan(5e-16);
    expect([cosineOfPi(0), cosineOfPi(0.5), cosineOfPi(1)]).toEqual([1, 0, -1]);
  });

  test('constant is the rate itself, to the bit', () => {
    expect(rates({ schedule: 'constant', lr: 0.001, warmup: null }, 5)).toEqual(Array(5).fill(0.001));
    expect(rates({ schedule: 'constant', lr: 1, warmup: 0.5 }, 8)).toEqual([0.25, 0.5, 0.75, 1, 1, 1, 1, 1]);
  });

  test('cosine falls to 0, after its rise', () => {
    const found = rates({ schedule: 'cosine', lr: 2, warmup: 0.2 }, 100);
    expect(found[19]).toBe(2);
    expect(found[59]).toBeCloseTo(1, 12);
    expect(found[99]).toBe(0);
    expect(found.slice(19)).toEqual(found.slice(19).sort((a, b) => b - a));
  });

  test("onecycle is PyTorch's OneCycleLR", () => {
    // torch.optim.lr_scheduler.OneCycleLR(max_lr=0.004, total_steps=10), by its formula: phases end at steps 2 and 9
    const expected = Array.from({ length: 10 }, (_, step) => {
      const [from, to, part] = step <= 2 ? [0.004 / 25, 0.004, step / 2] : [0.004, 0.004 / 25e4, (step - 2) / 7];
      return to + ((from - to) / 2) * (1 + Math.cos(Math.PI * part));
    });
    rates({ schedule: 'onecycle', lr: 0.004, warmup: null }, 10).forEach((rate, step) => {
      expect(Math.abs(rate - expected[step]!)).toBeLessThan(1e-17);
    });
  });

  test('no length of run gives a rate that is not finite, or above the highest', () => {
    for (const schedule of ['constant', 'cosine', 'onecycle'] as const) {
      for (const warmup of [null, 0, 0.3, 0.99]) {
        for (const steps of [1, 2, 3, 7, 50]) {
          for (const rate of rates({ schedule, lr: 0.5, warmup }, steps)) {
            expect(rate).toBeGreaterThanOrEqual(0);
            expect(rate).toBeLessThanOrEqual(0.5);
          }
        }
      }
    }
  });

  test('the golden rates are the same on every machine', () => {
    const found = rates({ schedule: 'onecycle', lr: 0.004, warmup: null }, 1000);
    expect([found[0], found[100], found[500], found[999]]).toMatchInlineSnapshot(`
      [
        0.00016000000000000015,
        0.0011258294457947592,
        0.003239952406160718,
        1.6e-8,
      ]
    `);
  });
});
