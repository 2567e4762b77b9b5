// A clock that stands still while the coordinator was not looking: stopped, suspended, or busy for longer than it should
// be. All deadlines of workers are counted on it, so that the coordinator's own pauses count against nobody. Pure: it is
// told the time and never asks for it.

export interface AttendedClockOptions {
  /**
   * The clock is read at least so often (before every event, and by a timer) while the coordinator attends; a longer gap
   * between two readings counts as this much.
   */
  readonly longestGapMs: number;
}

export class AttendedClock {
  readonly #longestGapMs: number;
  #lastMs: number | null = null;
  #attendedMs = 0;

  constructor({ longestGapMs }: AttendedClockOptions) {
    this.#longestGapMs = longestGapMs;
  }

  /**
   * @param nowMs of a clock that never goes back, e.g. performance.now()
   * @returns attended milliseconds since the first reading: the `nowMs` of membership and step
   */
  read(nowMs: number): number {
    if (this.#lastMs !== null) this.#attendedMs += Math.min(nowMs - this.#lastMs, this.#longestGapMs);
    this.#lastMs = nowMs;
    return this.#attendedMs;
  }
}
