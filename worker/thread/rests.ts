// How a thread sleeps in the middle of a job without anybody waiting for it: it holds no task, the others take what is free, and
// at least one of them is awake. The end of the job and the death of a thread wake all that rest (src/host/thread-pool.ts).

import { Word } from '../../src/kernels/mailbox.ts';

export class Rests {
  readonly #words: Int32Array;
  readonly #control: number;
  readonly #worker: number;
  readonly #workers: number;

  /** `control`: index of the mailbox's first word. */
  constructor(words: Int32Array, control: number, worker: number, workers: number) {
    this.#words = words;
    this.#control = control;
    this.#worker = worker;
    this.#workers = workers;
  }

  /** The thread takes part from now on. */
  wake(): void {
    this.#setAwake(1);
  }

  /** Sleeps for `ms`, or less when the job ends or a thread dies. False, and at once, if no other thread is awake. */
  take(ms: number, jobIsOver: () => boolean): boolean {
    const calls = Atomics.load(this.#words, this.#control + Word.restsEnd);
    // First the own word, then those of others: of threads that lie down at the same time the last sees that all others have.
    this.#setAwake(0);
    const may = this.#isOtherAwake();
    if (may && !jobIsOver()) Atomics.wait(this.#words, this.#control + Word.restsEnd, calls, ms);
    this.#setAwake(1);
    return may;
  }

  #isOtherAwake(): boolean {
    for (let worker = 0; worker < this.#workers; worker++) {
      if (worker !== this.#worker && Atomics.load(this.#words, this.#control + Word.awake + worker) === 1) return true;
    }
    return false;
  }

  #setAwake(value: 0 | 1): void {
    Atomics.store(this.#words, this.#control + Word.awake + this.#worker, value);
  }
}
