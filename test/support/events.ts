// A list that can be waited on: for a line that matches, or for a number to be reached. Tests wait on what happens, never
// on the clock.

export class Lines {
  readonly all: string[] = [];
  readonly #waiting = new Set<() => void>();
  #over: string | null = null;

  add(line: string): void {
    this.all.push(line);
    for (const look of [...this.#waiting]) look();
  }

  /** Nothing more will come: who still waits is told so. */
  end(why: string): void {
    this.#over = why;
    for (const look of [...this.#waiting]) look();
  }

  matching(pattern: RegExp): string[] {
    return this.all.filter((line) => pattern.test(line));
  }

  count(pattern: RegExp): number {
    return this.matching(pattern).length;
  }

  /** Resolves to the `nth` line that matches; rejects when the list ends without it. */
  async seen(pattern: RegExp, nth = 1): Promise<string> {
    return await new Promise((resolve, reject) => {
      const look = () => {
        const found = this.matching(pattern)[nth - 1];
        if (found === undefined && this.#over === null) return;
        this.#waiting.delete(look);
        if (found !== undefined) resolve(found);
        else reject(new Error(`${this.#over} without ${pattern} for the ${nth}. time:\n${this.all.join('\n')}`));
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** A promise and its two ends. */
export function gate<T = void>(): { promise: Promise<T>; open: (value: T) => void; fail: (error: Error) => void } {
  let open!: (value: T) => void;
  let fail!: (error: Error) => void;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  promise.catch(() => undefined);
  return { promise, open, fail };
}
