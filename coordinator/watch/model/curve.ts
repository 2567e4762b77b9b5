// The training curve of a run of any length in bounded memory: sums over equal intervals of steps, and when there are too
// many, two of them become one. So every point is an exact mean, and a long run is only coarser than a short one. Pure.

import type { Sums } from '../../../src/sums.ts';

export interface CurvePoint {
  /** Step at which the interval ends. */
  readonly step: number;
  /** Epochs done then, whatever their lengths. */
  readonly epochs: number;
  readonly loss: number;
  readonly accuracy: number;
  /** null where the time of its steps is not known. */
  readonly samplesPerSecond: number | null;
}

interface Interval extends Sums {
  readonly steps: number;
  readonly endStep: number;
  readonly endEpochs: number;
  readonly seconds: number;
}

const empty = { lossSum: 0, correctCount: 0, sampleCount: 0, steps: 0, endStep: 0, endEpochs: 0, seconds: 0 };

export class Curve {
  readonly #most: number;
  #intervals: Interval[] = [];
  #open = { ...empty };
  #intervalSteps: number;
  #generation = 0;

  /** `most`: even, how many points there may be. `intervalSteps`: steps of a point at the beginning. */
  constructor(most: number, intervalSteps: number) {
    this.#most = most;
    this.#intervalSteps = intervalSteps;
  }

  /** Changes whenever earlier points have changed. */
  get generation(): number {
    return this.#generation;
  }

  get length(): number {
    return this.#intervals.length;
  }

  /** `epochs`: done with this step. */
  add(step: number, epochs: number, { lossSum, correctCount, sampleCount }: Sums, seconds: number): void {
    const open = this.#open;
    open.lossSum += lossSum;
    open.correctCount += correctCount;
    open.sampleCount += sampleCount;
    open.seconds += seconds;
    open.endStep = step + 1;
    open.endEpochs = epochs;
    if (++open.steps < this.#intervalSteps) return;
    this.#intervals.push({ ...open });
    this.#open = { ...empty };
    if (this.#intervals.length >= this.#most) this.#halve();
  }

  /** What was after `step` steps is undone; so is the interval that it lies in. */
  cut(step: number): void {
    this.#intervals = this.#intervals.filter(({ endStep }) => endStep <= step);
    this.#open = { ...empty };
    this.#generation++;
  }

  /** Closed points from number `from` on. */
  points(from = 0): CurvePoint[] {
    return this.#intervals.slice(from).map(({ lossSum, correctCount, sampleCount, endStep, endEpochs, seconds }) => ({
      step: endStep,
      epochs: endEpochs,
      loss: lossSum / sampleCount,
      accuracy: correctCount / sampleCount,
      samplesPerSecond: seconds > 0 ? sampleCount / seconds : null,
    }));
  }

  #halve(): void {
    const halved: Interval[] = [];
    for (let i = 0; i + 1 < this.#intervals.length; i += 2) {
      const [a, b] = [this.#intervals[i]!, this.#intervals[i + 1]!];
      halved.push({
        lossSum: a.lossSum + b.lossSum,
        correctCount: a.correctCount + b.correctCount,
        sampleCount: a.sampleCount + b.sampleCount,
        steps: a.steps + b.steps,
        endStep: b.endStep,
        endEpochs: b.endEpochs,
        seconds: a.seconds + b.seconds,
      });
    }
    this.#intervals = halved;
    this.#intervalSteps *= 2;
    this.#generation++;
  }
}
