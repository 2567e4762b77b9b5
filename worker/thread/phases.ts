// How a thread takes part in the phases of a job (src/kernels/mailbox.ts): it takes whatever task is free, and waits while
// others hold the rest. Knows no steps, and not what the tasks are.

import { DONE, isBefore, ownerOf, taskWord, Word } from '../../src/kernels/mailbox.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { Interruptions } from './interruptions.ts';
import { Rests } from './rests.ts';

// Lost wake-ups cannot happen but by the death of a thread between its last word and its call; then this bounds the wait.
const SLEEP_MS = 50;

/** Kinds of phases whose tasks are timed: a thread that is often interrupted in them rests. `untimed`: never. */
export const PhaseKind = { untimed: -1, compute: 0, sum: 1, commit: 2 } as const;
export type PhaseKind = (typeof PhaseKind)[keyof typeof PhaseKind];
const TIMED_KINDS = 3;

export class Phases {
  readonly #words: Int32Array;
  readonly #control: number;
  readonly #table: number;
  readonly #worker: number;
  readonly #workers: number;
  readonly #isOver: () => boolean;
  readonly #nowMs: () => number;
  readonly #interruptions: Interruptions;
  readonly #rests: Rests;
  readonly #taskCount: number;
  #stamp = 0;
  #tasks = 0;
  /** Did a task since it last woke the others. */
  #worked = false;
  /** Waited in the phase that was run last, and rested. */
  waitMs = 0;
  restMs = 0;

  /** `isOver`: whether the job ended. `nowMs`: the clock that tasks are timed by. */
  constructor(memory: RunMemory, worker: number, workers: number, isOver: () => boolean, nowMs: () => number) {
    this.#isOver = isOver;
    this.#nowMs = nowMs;
    // each task by itself: rows are not equally long, nor their samples equally many
    this.#taskCount = memory.plan.taskCount;
    this.#interruptions = new Interruptions(TIMED_KINDS * this.#taskCount);
    this.#rests = new Rests(memory.words, memory.plan.control / 4, worker, workers);
    this.#words = memory.words;
    this.#control = memory.plan.control / 4;
    this.#table = memory.plan.tasks / 4;
    this.#worker = worker;
    this.#workers = workers;
  }

  // Made once, so that a wait allocates nothing.
  readonly #moved = (): boolean => this.#state() !== 'held' || this.#isOver();

  /** The thread takes part in jobs from now on. */
  join(): void {
    this.#rests.calm();
  }

  /** A job begins whose tasks are timed. */
  beginTimed(): void {
    this.#interruptions.begin(this.#nowMs());
  }

  /** Does tasks of a phase until all are done; looks `spins` times before it sleeps. False when the job ended before. */
  run(stamp: number, tasks: number, work: (task: number) => void, spins: number, kind: PhaseKind): boolean {
    this.#stamp = stamp;
    this.#tasks = tasks;
    this.#worked = false;
    this.waitMs = 0;
    this.restMs = 0;
    for (;;) {
      const restMs = this.#takeTasks(work, this.#workers === 1 ? PhaseKind.untimed : kind);
      if (restMs > 0) {
        this.#rest(restMs);
      } else if (this.#state() === 'done') {
        if (this.#worked) this.#wakeOthers();
        return true;
      } else {
        const waitingMs = performance.now();
        this.waitFor(this.#moved, spins);
        this.waitMs += performance.now() - waitingMs;
      }
      if (this.#isOver()) return false;
    }
  }

  /** Takes what is free. Returns for how long to rest, when that is due; else 0. */
  #takeTasks(work: (task: number) => void, kind: PhaseKind): number {
    const own = taskWord(this.#stamp, this.#worker);
    const done = taskWord(this.#stamp, DONE);
    const tasks = this.#tasks;
    const first = Math.floor((this.#worker * tasks) / this.#workers);
    // one look at the clock a task: the end of one is where the next begins
    let sinceMs = kind === PhaseKind.untimed ? 0 : this.#nowMs();
    for (let i = 0; i < tasks; i++) {
      const task = (first + i) % tasks;
      const word = Atomics.load(this.#words, this.#table + task);
      if (!isBefore(word, this.#stamp)) continue;
      if (Atomics.compareExchange(this.#words, this.#table + task, word, own) !== word) continue;
      work(task);
      Atomics.store(this.#words, this.#table + task, done);
      this.#worked = true;
      if (kind === PhaseKind.untimed) continue;
      const nowMs = this.#nowMs();
      const restMs = this.#interruptions.took(kind * this.#taskCount + task, nowMs - sinceMs, nowMs);
      if (restMs > 0) return restMs;
      if (!this.#interruptions.isDisturbed) this.#rests.calm();
      sinceMs = nowMs;
    }
    return 0;
  }

  #rest(ms: number): void {
    // they may sleep until the tasks are done that this thread has just done
    if (this.#worked) this.#wakeOthers();
    this.#worked = false;
    const restingMs = performance.now();
    if (!this.#rests.take(ms, this.#isOver)) return;
    this.restMs += performance.now() - restingMs;
    this.#interruptions.rested(this.#nowMs());
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
