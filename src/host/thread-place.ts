// The place of one worker thread: a Piscina pool of its own, and the one door to Piscina. A pool replaces a thread that died;
// but one that died while it started it does not, and who waits for it hears nothing: then the place is empty, and a new one is
// needed.

import { Piscina } from 'piscina';

export class ThreadPlace {
  readonly #pool: Piscina;
  /** Rejects when the pool has no thread any more, and starts none. */
  readonly #emptied: Promise<never>;

  /** Its thread waits for a task. */
  constructor(threadFile: string) {
    const pool = new Piscina({
      filename: threadFile,
      minThreads: 1,
      maxThreads: 1,
      atomics: 'disabled',
      recordTiming: false,
    });
    // of a thread that has no task: nothing is lost with it
    pool.on('error', () => undefined);
    this.#emptied = new Promise<never>((_, reject) => {
      pool.on('workerDestroy', () => {
        // when the pool has done what it does then
        queueMicrotask(() => {
          if (pool.threads.length === 0) reject(new Error('it ended while it started'));
        });
      });
    });
    this.#emptied.catch(() => undefined);
    this.#pool = pool;
  }

  get isEmpty(): boolean {
    return this.#pool.threads.length === 0;
  }

  /** Resolves with what the task returned when it is done; rejects when its thread died. */
  async run(task: object): Promise<unknown> {
    return await Promise.race([this.#pool.run(task), this.#emptied]);
  }

  async destroy(): Promise<void> {
    await this.#pool.destroy();
  }
}
