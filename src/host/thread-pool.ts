// Worker threads of this process, each in a place of its own (thread-place.ts), with one long task; the work itself goes through
// the mailbox in shared memory (src/kernels/mailbox.ts), so that a step costs no message. This thread computes nothing: it
// posts jobs, waits for them, and frees the tasks of threads that died. Knows nothing of what a run is made of.

import { setTimeout as delay } from 'node:timers/promises';
import { type EngineSpec, type SplitName, type StepAddress, sharesSteps, type WorkerPool } from '../engine.ts';
import { type Explanation, LockstepError, messageOf } from '../errors.ts';
import {
  DONE,
  freedWord,
  JobKind,
  nextJobAt,
  ownerOf,
  Presence,
  postedWord,
  SplitCode,
  stepPhases,
  taskWord,
  Word,
} from '../kernels/mailbox.ts';
import type { RunMemory } from '../kernels/run-memory.ts';
import type { BlockAddress } from '../tree.ts';
import { threadsLack } from './machine-lack.ts';
import { machineLimits } from './machine-limits.ts';
import { MAX_DEATHS, threadsKeepDying } from './thread-deaths.ts';
import { ThreadPlace } from './thread-place.ts';

export interface ThreadPoolOptions {
  /** The compiled file that the threads run, and the kernels' shared build. */
  readonly threadFile: string;
  readonly module: WebAssembly.Module;
  readonly engine: EngineSpec;
  readonly threads: number;
  /** Cores that this process may use: with more threads than that, none of them spins. */
  readonly cores: number;
  /** Told of each thread that died; another takes its place. */
  readonly onLoss: (thread: number, reason: string) => void;
  /** Faults to make happen in the threads: of `lockstep verify` and of tests. */
  readonly faults?: readonly unknown[];
}

// Looks of a waiting thread before it sleeps: some hundred microseconds.
const SPINS = 20_000;
// The longest that this thread waits before it looks by itself.
const LOOK_MS = 100;

export class ThreadPool implements WorkerPool {
  readonly capacity: number;
  /** Whether its engine's steps can be trained in passes. */
  readonly sharesSteps: boolean;
  readonly #memory: RunMemory;
  readonly #options: ThreadPoolOptions;
  readonly #places = new Set<ThreadPlace>();
  readonly #words: Int32Array;
  readonly #control: number;
  readonly #threads: Promise<void>[] = [];
  /** Of the job posted last, and of the next one. */
  #stamp = 0;
  #nextStamp = 1;
  /** Since something was done last. */
  #deaths = 0;
  #deathsInAll = 0;
  /** A job is being worked on. */
  #busy = false;
  #failure: Error | null = null;
  #closing = false;

  constructor(memory: RunMemory, options: ThreadPoolOptions) {
    const lack = threadsLack(options.threads, machineLimits());
    if (lack !== null) throw lack;
    this.capacity = options.threads;
    this.sharesSteps = sharesSteps(options.engine.name);
    this.#memory = memory;
    this.#options = options;
    this.#words = memory.words;
    this.#control = memory.plan.control / 4;
    try {
      while (this.#places.size < options.threads) this.#newPlace();
    } catch (error) {
      for (const place of this.#places) void place.destroy();
      throw error;
    }
    [...this.#places].forEach((place, worker) => {
      this.#threads.push(this.#keep(worker, place));
    });
  }

  get isWide(): boolean {
    return this.#options.engine.wide !== undefined;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Threads that died and were replaced, since the pool was made. */
  get deaths(): number {
    return this.#deathsInAll;
  }

  /** Resolves when as many threads as it has have come to their loop: what is timed need not wait for them. */
  started(): Promise<void> {
    return this.#until(() => this.#read(Word.started) >= this.capacity);
  }

  async compute(
    { epoch, step, stepInEpoch }: StepAddress,
    blocks: readonly BlockAddress[],
    slots: readonly number[],
  ): Promise<void> {
    this.#memory.setBlocks(blocks, slots);
    this.#post(JobKind.compute, 1, { tasks: blocks.length, epoch, step, stepInEpoch });
    await this.#allDone(blocks.length);
  }

  async evaluateParts(split: SplitName, step: number, epoch: number, first: number, end: number): Promise<void> {
    if (first === end) return;
    this.#post(JobKind.evaluate, 1, { tasks: end - first, firstPart: first, step, epoch, split: SplitCode[split] });
    await this.#allDone(end - first);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#wakeMain();
    this.#post(JobKind.stop, 1, {});
    // a thread that does not hear is ended by force: in the middle of a long shard, or while it starts
    const patience = new AbortController();
    await Promise.race([
      Promise.all(this.#threads),
      delay(1000, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
    await Promise.all([...this.#places].map((place) => place.destroy()));
    await Promise.all(this.#threads);
  }

  /**
   * Has the threads train the steps from `from.step` to `endStep` by themselves, as far as `allowSteps` lets them: in `passes`
   * that they share, of `tasks` tiles at the most; or without passes (0) in `tasks` blocks, which stand in memory.
   * `endSteps` follows, unless one of them failed.
   */
  startSteps({ epoch, step, stepInEpoch }: StepAddress, endStep: number, passes: number, tasks: number): void {
    const place = { step, endStep, epoch, stepInEpoch };
    const phases = stepPhases(passes) * (endStep - step);
    this.#post(JobKind.train, phases, { passes, tasks, ...place, progress: step, limit: step });
  }

  /** Lets them train the steps below `limit`, whose scalars stand in memory, and report every `notifyEvery` of them. */
  allowSteps(limit: number, notifyEvery: number): void {
    this.#store(Word.notifyEvery, notifyEvery);
    this.#store(Word.limit, limit);
    this.#wakeThreads();
  }

  /** Resolves when more than `step` steps are committed, or one of them was not finite. */
  async progressBeyond(step: number): Promise<void> {
    await this.#until(() => this.faultyStep !== null || this.progress > step);
    this.#deaths = 0;
  }

  /** Steps committed since the start of the run. */
  get progress(): number {
    return this.#read(Word.progress);
  }

  /** The step whose gradients were not finite. */
  get faultyStep(): number | null {
    const fault = this.#read(Word.fault);
    return fault === 0 ? null : fault - 1;
  }

  endSteps(): void {
    this.#busy = false;
  }

  #newPlace(): ThreadPlace {
    const place = new ThreadPlace(this.#options.threadFile);
    this.#places.add(place);
    return place;
  }

  /** Runs thread `worker` until it is told to stop; replaces it as often as it dies. */
  async #keep(worker: number, first: ThreadPlace): Promise<void> {
    const { module, engine, threads, cores, faults = [] } = this.#options;
    const spins = threads <= cores ? SPINS : 0;
    for (let place = first; !this.#closing; ) {
      try {
        const fault = await place.run({
          module,
          memory: this.#memory.wasmMemory,
          plan: this.#memory.plan,
          engine,
          loop: { worker, workers: threads, spins },
          faults,
        });
        // an error that no other thread would mend (worker/thread/thread.ts)
        if (fault) this.#fail(new LockstepError({ ...(fault as Explanation) }));
        return;
      } catch (error) {
        if (this.#closing) return;
        this.#free(worker);
        this.#deaths++;
        this.#deathsInAll++;
        if (this.#deaths > MAX_DEATHS) return this.#fail(threadsKeepDying(this.#deaths, error));
        this.#options.onLoss(worker, messageOf(error));
      }
      if (!place.isEmpty) continue;
      this.#places.delete(place);
      await place.destroy();
      if (this.#closing) return;
      try {
        place = this.#newPlace();
      } catch (error) {
        return this.#fail(error as Error);
      }
    }
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#wakeMain();
  }

  /** Starts a job of `phases` phases. The job before is over: no thread holds a task. */
  #post(kind: JobKind, phases: number, fields: Partial<Record<keyof typeof Word, number>>): void {
    // odd while the fields change: a thread that is late for the job before may be reading them
    Atomics.add(this.#words, this.#control + Word.job, 1);
    const stamp = this.#nextStamp;
    const posted = postedWord(stamp);
    for (let task = 0; task < this.#memory.plan.taskCount; task++) {
      if (kind !== JobKind.stop) Atomics.store(this.#words, this.#memory.plan.tasks / 4 + task, posted);
    }
    for (const [field, value] of Object.entries(fields)) this.#store(Word[field as keyof typeof Word], value);
    this.#busy = true;
    this.#store(Word.kind, kind);
    this.#store(Word.stamp, stamp);
    this.#stamp = stamp;
    this.#nextStamp = nextJobAt(stamp, phases);
    Atomics.add(this.#words, this.#control + Word.job, 1);
    this.#endRests();
    this.#wakeThreads();
  }

  /** Frees what a dead thread held. It may have been the only one that did not rest. */
  #free(worker: number): void {
    this.#store(Word.presence + worker, Presence.away);
    this.#endRests();
    const table = this.#memory.plan.tasks / 4;
    for (let task = 0; task < this.#memory.plan.taskCount; task++) {
      const word = Atomics.load(this.#words, table + task);
      if (ownerOf(word) === worker) Atomics.store(this.#words, table + task, freedWord(word));
    }
    this.#wakeThreads();
  }

  /** Of a job that has one phase. */
  async #allDone(tasks: number): Promise<void> {
    const table = this.#memory.plan.tasks / 4;
    const done = taskWord(this.#stamp, DONE);
    await this.#until(() => {
      for (let task = 0; task < tasks; task++) if (Atomics.load(this.#words, table + task) !== done) return false;
      return true;
    });
    this.#busy = false;
    this.#deaths = 0;
  }

  async #until(ready: () => boolean): Promise<void> {
    for (;;) {
      const seen = this.#read(Word.main);
      if (this.#failure) throw this.#failure;
      if (this.#closing) throw new Error('The executor was closed');
      if (ready()) return;
      const waiting = Atomics.waitAsync(this.#words, this.#control + Word.main, seen, LOOK_MS);
      if (waiting.async) await waiting.value;
    }
  }

  #wakeMain(): void {
    Atomics.add(this.#words, this.#control + Word.main, 1);
    Atomics.notify(this.#words, this.#control + Word.main);
  }

  #endRests(): void {
    Atomics.add(this.#words, this.#control + Word.restsEnd, 1);
    Atomics.notify(this.#words, this.#control + Word.restsEnd);
  }

  #wakeThreads(): void {
    Atomics.add(this.#words, this.#control + Word.wake, 1);
    Atomics.notify(this.#words, this.#control + Word.wake);
  }

  /** Steps are unsigned: after 2^31 of them the word itself is negative. */
  #read(word: number): number {
    return Atomics.load(this.#words, this.#control + word) >>> 0;
  }

  #store(word: number, value: number): void {
    Atomics.store(this.#words, this.#control + word, value);
  }
}
