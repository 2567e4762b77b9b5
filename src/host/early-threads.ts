// Threads that start before anybody knows what they are to compute: while a process loads its code and reads its data, one core
// has nothing else to do.

import { threadsLack } from './machine-lack.ts';
import { machineLimits } from './machine-limits.ts';
import { ThreadPlace } from './thread-place.ts';

export class EarlyThreads {
  readonly #places: ThreadPlace[] = [];

  /** So many, or as many as can be had: who takes none starts one of its own, and tells what the system said to that. */
  constructor(threadFile: string, threads: number) {
    if (threads === 0 || threadsLack(threads, machineLimits()) !== null) return;
    try {
      while (this.#places.length < threads) this.#places.push(new ThreadPlace(threadFile));
    } catch {
      return;
    }
  }

  /** One that nobody has; it belongs to who takes it. */
  take(): ThreadPlace | null {
    return this.#places.shift() ?? null;
  }

  /** Ends those that nobody took. */
  async close(): Promise<void> {
    await Promise.all(this.#places.splice(0).map((place) => place.destroy()));
  }
}
