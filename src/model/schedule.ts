// The learning rate of each step: a pure function of the configuration and the step, the same on every machine. So it takes
// no Math.cos, whose last bits are the host's own, but additions and multiplications alone, which IEEE 754 fixes.

export const scheduleNames = ['constant', 'cosine', 'onecycle'] as const;
export type ScheduleName = (typeof scheduleNames)[number];

export interface Schedule {
  readonly schedule: ScheduleName;
  /** The highest rate. */
  readonly lr: number;
  /** Part of all steps in which the rate rises, 0 to below 1; null: 0.3 with onecycle, else 0. */
  readonly warmup: number | null;
}

/** PyTorch's OneCycleLR: it begins at 1/25 of the highest rate, and ends at 1/10,000 of that. */
const ONE_CYCLE_START = 1 / 25;
const ONE_CYCLE_END = ONE_CYCLE_START / 1e4;

/**
 * The rate of step `step` (0-based) of `steps`, the length of the whole run as planned: a run that is cut short keeps to the
 * plan.
 * - constant: the highest rate, after a straight rise from 0.
 * - cosine: the same rise, then half a cosine down to 0.
 * - onecycle: half a cosine up from 1/25 of the rate, and half a cosine down (Smith and Topin, 2018, as PyTorch does it).
 */
export function learningRateAt({ schedule, lr, warmup }: Schedule, step: number, steps: number): number {
  const part = warmup ?? (schedule === 'onecycle' ? 0.3 : 0);
  const rising = part * steps;
  if (schedule === 'onecycle') {
    const top = Math.max(1, rising) - 1;
    if (step <= top) return lr * between(ONE_CYCLE_START, 1, top === 0 ? 1 : step / top);
    return lr * between(1, ONE_CYCLE_END, (step - top) / Math.max(1, steps - 1 - top));
  }
  if (step + 1 < rising) return (lr * (step + 1)) / rising;
  if (schedule === 'constant') return lr;
  return lr * between(1, 0, (step + 1 - rising) / Math.max(1, steps - rising));
}

/** From `a` to `b` along half a cosine as t goes from 0 to 1. */
function between(a: number, b: number, t: number): number {
  return b + ((a - b) * (1 + cosineOfPi(Math.min(1, t)))) / 2;
}

/** cos(pi * t) for t from 0 to 1, within 1e-15: Taylor's series where it is short, symmetry elsewhere. */
export function cosineOfPi(t: number): number {
  if (t > 0.5) return -cosineOfPi(1 - t);
  if (t > 0.25) return sine(Math.PI * (0.5 - t));
  return cosine(Math.PI * t);
}

function cosine(x: number): number {
  const y = x * x;
  let sum = 1;
  for (let k = 18; k >= 2; k -= 2) sum = 1 - (y * sum) / (k * (k - 1));
  return sum;
}

function sine(x: number): number {
  const y = x * x;
  let sum = 1;
  for (let k = 19; k >= 3; k -= 2) sum = 1 - (y * sum) / (k * (k - 1));
  return x * sum;
}
