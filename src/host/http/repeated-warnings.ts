// Pure: of a warning that strangers can cause as often as they like, the first few are printed, and of the others now and
// then how many they were. Has no clock.

export interface WarningLimits {
  readonly warningsAtOnce: number;
  readonly warningPauseMs: number;
}

export class RepeatedWarnings<T> {
  readonly #limits: WarningLimits;
  readonly #summary: (count: number, last: T) => T;
  #printed = 0;
  #held = 0;
  #last: T | null = null;
  #sinceMs = Number.NEGATIVE_INFINITY;

  /** @param summary what is said of `count` that were not printed */
  constructor(limits: WarningLimits, summary: (count: number, last: T) => T) {
    this.#limits = limits;
    this.#summary = summary;
  }

  /** @returns what to tell of it: the message, or nothing yet */
  add(message: T, nowMs: number): T[] {
    const { warningsAtOnce, warningPauseMs } = this.#limits;
    const due = this.due(nowMs);
    if (this.#held === 0 && nowMs - this.#sinceMs > warningPauseMs) {
      this.#sinceMs = nowMs;
      this.#printed = 0;
    }
    if (this.#printed < warningsAtOnce) {
      this.#printed++;
      return [...due, message];
    }
    this.#held++;
    this.#last = message;
    return due;
  }

  /** To be called now and then. @returns what has come together, when it is time to say so */
  due(nowMs: number): T[] {
    return this.#held > 0 && nowMs - this.#sinceMs > this.#limits.warningPauseMs ? this.rest(nowMs) : [];
  }

  /** At the end: what was not said yet. */
  rest(nowMs: number): T[] {
    if (this.#held === 0) return [];
    const summary = this.#summary(this.#held, this.#last!);
    this.#held = 0;
    // the next ones are counted at once, until there was quiet for a while
    this.#sinceMs = nowMs;
    return [summary];
  }
}
