// How a thread sleeps in the middle of a job without anybody waiting for it: it holds no task, and the others take what is free.
// It rests only beside one that is left alone: where all are disturbed alike, nothing would be gained, and half of what the
// machine still gives be lost. So at least one thread is always awake. The end of the job and the death of a thread wake all
// that rest (src/host/thread-pool.ts).

import { Presence, Word } from '../../src/kernels/mailbox.ts';

export class Rests {
  readonly #words: Int32Array;
  readonly #control: number;
  readonly #worker: number;
  readonly #workers: number;
  #presence: Presence = Presence.away;

  /** `control`: index of the mailbox's first word. */
  constructor(words: Int32Array, control: number, worker: number, workers: number) {
    this.#words = words;
    this.#control = control;
    this.#worker = worker;
    this.#workers = workers;
  }

  /** The thread takes part, and is left alone. */
  calm(): void {
    if (this.#presence !== Presence.calm) this.#be(Presence.calm);
  }

  /** Sleeps for `ms`, or less when the job ends or a thread dies. False, and at once, if no other thread is left alone. */
  take(ms: number, jobIsOver: () => boolean): boolean {
    const calls = Atomics.load(this.#words, this.#control + Word.restsEnd);
    // First the own word, then those of others: of threads that lie down at the same time the last sees that all others have.
    this.#be(Presence.away);
    const may = this.#isOtherCalm();
    if (may && !jobIsOver()) Atomics.wait(this.#words, this.#control + Word.restsEnd, calls, ms);
    this.#be(Presence.disturbed);
    return may;
  }

  #isOtherCalm(): boolean {
    const first = this.#control + Word.presence;
    for (let worker = 0; worker < this.#workers; worker++) {
      if (worker !== this.#worker && Atomics.load(this.#words, first + worker) === Presence.calm) return true;
    }
    return false;
  }

  #be(presence: Presence): void {
    this.#presence = presence;
    Atomics.store(this.#words, this.#control + Word.presence + this.#worker, presence);
  }
}
