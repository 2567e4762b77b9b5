// Times for a file in which time never goes back: the machine's own, but shifted where its clock stands, or is set, before a
// time that was given already. Pure: the clock is handed in.

export class ForwardClock {
  readonly #wallMs: () => number;
  #lastMs: number;
  #shiftMs = 0;

  /**
   * `lastMs`: the last time in the file; -Infinity where there is none.
   * `wallMs`: the machine's clock, Unix time in milliseconds.
   */
  constructor(lastMs: number, wallMs: () => number) {
    this.#lastMs = lastMs;
    this.#wallMs = wallMs;
  }

  /** Unix time in milliseconds, later than every one before. */
  next(): number {
    const wall = this.#wallMs();
    // set right again, it is not led on
    if (wall > this.#lastMs) this.#shiftMs = 0;
    else if (wall + this.#shiftMs <= this.#lastMs) this.#shiftMs = this.#lastMs + 1 - wall;
    this.#lastMs = wall + this.#shiftMs;
    return this.#lastMs;
  }

  /** By how much the last one was ahead of the machine's clock. */
  get shiftMs(): number {
    return this.#shiftMs;
  }
}
