// A list of bounded length: when it is full, every second item goes, and from then on only every second one stays. The
// newest is always there. Pure.

export class ThinnedList<T> {
  readonly #most: number;
  #items: T[] = [];
  #every = 1;
  #skipped = 0;
  #generation = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Changes whenever earlier items have changed. */
  get generation(): number {
    return this.#generation;
  }

  get length(): number {
    return this.#items.length;
  }

  items(from = 0): readonly T[] {
    return this.#items.slice(from);
  }

  push(item: T): void {
    if (this.#skipped > 0) {
      // the last one was only there as the newest
      this.#items.pop();
      this.#generation++;
    }
    this.#items.push(item);
    this.#skipped = (this.#skipped + 1) % this.#every;
    if (this.#items.length < this.#most || this.#skipped > 0) return;
    this.#items = this.#items.filter((_, i) => i % 2 === 1);
    this.#every *= 2;
    this.#generation++;
  }
}
