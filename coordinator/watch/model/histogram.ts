// Durations counted by size, cheap enough for every step: one comparison a bucket, no allocation. Pure.

export class DurationHistogram {
  /** Upper bounds in seconds, rising; a last bucket takes what is above them all. */
  readonly bounds: readonly number[];
  /** Not cumulative. */
  readonly counts: Float64Array;
  #seconds = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  get seconds(): number {
    return this.#seconds;
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  observe(seconds: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && seconds > this.bounds[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.#seconds += seconds;
  }
}
