// An epoch's figures as its steps come in, added in step order in float64, and the events that tell of them.

import { type EpochTiming, meansOf, type Sums, type TrainEvent } from '../src/events.ts';

const EVENT_MS = 100;

export class EpochProgress {
  readonly sums = { lossSum: 0, correctCount: 0, sampleCount: 0 };
  readonly #onEvent: (event: TrainEvent) => void;
  readonly #place: {
    readonly epoch: number;
    readonly epochStart: number;
    readonly stepsInEpoch: number;
    readonly endStep: number;
  };
  readonly #started = performance.now();
  #told = performance.now();

  constructor(
    onEvent: (event: TrainEvent) => void,
    place: { epoch: number; epochStart: number; stepsInEpoch: number; endStep: number },
  ) {
    this.#onEvent = onEvent;
    this.#place = place;
  }

  add(step: number, sums: Sums): void {
    this.sums.lossSum += sums.lossSum;
    this.sums.correctCount += sums.correctCount;
    this.sums.sampleCount += sums.sampleCount;
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
      samples: this.sums.sampleCount,
      train: meansOf(this.sums),
      samplesPerSecond: this.sums.sampleCount / seconds,
      secondsLeft: ((endStep - step - 1) * seconds) / done,
    });
  }

  /** Training time up to now. */
  timing(): EpochTiming {
    const seconds = (performance.now() - this.#started) / 1000;
    return { seconds, samplesPerSecond: this.sums.sampleCount / seconds };
  }
}
