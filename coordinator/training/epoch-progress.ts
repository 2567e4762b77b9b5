// An epoch's figures as its steps come in, added in step order in float64, and the events that tell of them.

import type { TrainEvent } from '../../src/run/events.ts';
import { meansOf, type Sums } from '../../src/sums.ts';

const EVENT_MS = 100;

export interface EpochPlace {
  readonly epoch: number;
  readonly epochStart: number;
  readonly stepsInEpoch: number;
  readonly endStep: number;
}

/** What is done of an epoch. */
export interface EpochSoFar {
  readonly sums: Sums;
  /** Augmentation included, evaluation not. */
  readonly trainingSeconds: number;
}

export class EpochProgress {
  readonly #sums = { lossSum: 0, correctCount: 0, sampleCount: 0 };
  readonly #onEvent: (event: TrainEvent) => void;
  readonly #place: EpochPlace;
  readonly #started: number;
  #told = performance.now();

  /** `before`: what was done of this epoch earlier, perhaps by another process. */
  constructor(onEvent: (event: TrainEvent) => void, place: EpochPlace, before: EpochSoFar) {
    this.#onEvent = onEvent;
    this.#place = place;
    Object.assign(this.#sums, before.sums);
    this.#started = performance.now() - before.trainingSeconds * 1000;
  }

  add(step: number, sums: Sums): void {
    this.#sums.lossSum += sums.lossSum;
    this.#sums.correctCount += sums.correctCount;
    this.#sums.sampleCount += sums.sampleCount;
    const now = performance.now();
    if (now - this.#told < EVENT_MS) return;
    this.#told = now;
    const { epoch, epochStart, stepsInEpoch, endStep } = this.#place;
    const done = step + 1 - epochStart;
    const seconds = (now - this.#started) / 1000;
    this.#onEvent({
      type: 'progress',
      epoch: epoch + 1,
      step: done,
      stepsInEpoch,
      samples: this.#sums.sampleCount,
      train: meansOf(this.#sums),
      samplesPerSecond: this.#sums.sampleCount / seconds,
      secondsLeft: ((endStep - step - 1) * seconds) / done,
    });
  }

  soFar(): EpochSoFar {
    return { sums: { ...this.#sums }, trainingSeconds: (performance.now() - this.#started) / 1000 };
  }
}
