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

  /** Changes whenever settled items have changed. */
  get generation(): number {
    return this.#generation;
  }

  get length(): number {
    return this.#items.length;
  }

  /** So many items stay while the generation does: all, or all but the newest. */
  get settled(): number {
    return this.#skipped > 0 ? this.#items.length - 1 : this.#items.length;
  }

  items(from = 0): readonly T[] {
    return this.#items.slice(from);
  }

  /** The last ones go, from the first on that is not to stay. */
  cut(stays: (item: T) => boolean): void {
    const first = this.#items.findIndex((item) => !stays(item));
    if (first !== -1) this.#items = this.#items.slice(0, first);
    this.#skipped = 0;
    this.#generation++;
  }

  push(item: T): void {
    // the last one was only there as the newest
    if (this.#skipped > 0) this.#items.pop();
    this.#items.push(item);
    this.#skipped = (this.#skipped + 1) % this.#every;
    if (this.#items.length < this.#most || this.#skipped > 0) return;
    this.#items = this.#items.filter((_, i) => i % 2 === 1);
    this.#every *= 2;
    this.#generation++;
  }
}
