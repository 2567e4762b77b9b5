// Pure: how long a run that has ended waits for one more scrape, so that its last values are not lost. It waits only for
// somebody who was there: not for a scraper that has gone, and not where nobody ever came.

/** However rarely somebody scrapes, nobody wants to wait for longer. */
const LONGEST_MS = 90_000;
/** Of the seen interval, between the last scrape and the latest time to expect the next. */
const PATIENCE = 1.5;

export class Linger {
  #lastMs: number | null = null;
  #intervalMs: number | null = null;

  /**
   * Somebody scraped.
   * @param timeoutMs what the scraper says it would wait for an answer (Prometheus does): no longer than its interval
   */
  scraped(nowMs: number, timeoutMs: number | null): void {
    if (this.#lastMs !== null) this.#intervalMs = nowMs - this.#lastMs;
    else this.#intervalMs = timeoutMs;
    this.#lastMs = nowMs;
  }

  /** Milliseconds to wait from now on, at the most; 0: do not wait. */
  patienceMs(nowMs: number): number {
    if (this.#lastMs === null || this.#intervalMs === null) return 0;
    const dueMs = this.#lastMs + PATIENCE * this.#intervalMs;
    return Math.min(LONGEST_MS, Math.max(0, dueMs - nowMs));
  }
}
