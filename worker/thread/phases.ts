// How a thread takes part in the phases of a job (src/kernels/mailbox.ts): it takes whatever task is free, and waits while
// others hold the rest. Knows no steps, and not what the tasks are.

import { DONE, isBefore, ownerOf, taskWord, Word } from '../../src/kernels/mailbox.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';

// Lost wake-ups cannot happen but by the death of a thread between its last word and its call; then this bounds the wait.
const SLEEP_MS = 50;

export class Phases {
  readonly #words: Int32Array;
  readonly #control: number;
  readonly #table: number;
  readonly #worker: number;
  readonly #workers: number;
  readonly #isOver: () => boolean;
  #stamp = 0;
  #tasks = 0;
  /** Waited in the phase that was run last. */
  waitMs = 0;

  /** `isOver`: whether the job ended. */
  constructor(memory: RunMemory, worker: number, workers: number, isOver: () => boolean) {
    this.#isOver = isOver;
    this.#words = memory.words;
    this.#control = memory.plan.control / 4;
    this.#table = memory.plan.tasks / 4;
    this.#worker = worker;
    this.#workers = workers;
  }

  // Made once, so that a wait allocates nothing.
  readonly #moved = (): boolean => this.#state() !== 'held' || this.#isOver();

  /** Does tasks of a phase until all are done; looks `spins` times before it sleeps. False when the job ended before. */
  run(stamp: number, tasks: number, work: (task: number) => void, spins: number): boolean {
    this.#stamp = stamp;
    this.#tasks = tasks;
    this.waitMs = 0;
    const own = taskWord(stamp, this.#worker);
    const done = taskWord(stamp, DONE);
    const first = Math.floor((this.#worker * tasks) / this.#workers);
    let worked = false;
    for (;;) {
      for (let i = 0; i < tasks; i++) {
        const task = (first + i) % tasks;
        const word = Atomics.load(this.#words, this.#table + task);
        if (isBefore(word, stamp) && Atomics.compareExchange(this.#words, this.#table + task, word, own) === word) {
          work(task);
          Atomics.store(this.#words, this.#table + task, done);
          worked = true;
        }
      }
      if (this.#state() === 'done') {
        if (worked) this.#wakeOthers();
        return true;
      }
      const waitingMs = performance.now();
      this.waitFor(this.#moved, spins);
      this.waitMs += performance.now() - waitingMs;
      if (this.#isOver()) return false;
    }
  }

  /** done: all tasks are, or the others are already beyond this phase; free: one may be taken; held: others are at it. */
  #state(): 'done' | 'free' | 'held' {
    const current = taskWord(this.#stamp, 0) >>> 8;
    let state: 'done' | 'held' = 'done';
    for (let task = 0; task < this.#tasks; task++) {
      const word = Atomics.load(this.#words, this.#table + task);
      if (isBefore(word, this.#stamp)) return 'free';
      if (word >>> 8 === current && ownerOf(word) !== DONE) state = 'held';
    }
    return state;
  }

  /**
   * Looks `spins` times, then sleeps until somebody wakes the threads; returns when `ready` says so. Only within training does
   * a thread look: there the next phase is microseconds away. Between jobs it would take a core from who brings the job.
   */
  waitFor(ready: () => boolean, spins = 0): void {
    for (; spins > 0; spins--) if (ready()) return;
    while (!ready()) {
      const wake = Atomics.load(this.#words, this.#control + Word.wake);
      Atomics.add(this.#words, this.#control + Word.sleepers, 1);
      if (!ready()) Atomics.wait(this.#words, this.#control + Word.wake, wake, SLEEP_MS);
      Atomics.sub(this.#words, this.#control + Word.sleepers, 1);
    }
  }

  #wakeOthers(): void {
    Atomics.add(this.#words, this.#control + Word.wake, 1);
    if (Atomics.load(this.#words, this.#control + Word.sleepers) !== 0) {
      Atomics.notify(this.#words, this.#control + Word.wake);
    }
  }
}
