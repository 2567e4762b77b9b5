// Worker threads, each in a place of its own (thread-place.ts), with one long task; the work itself goes through the mailbox in
// shared memory (src/kernels/mailbox.ts), so that a step costs no message.
// This thread computes nothing: it posts jobs, takes the sums, and frees the tasks of threads that died.

import { setTimeout as delay } from 'node:timers/promises';
import type { EngineSpec, SplitName, StepAddress, WorkerPool } from '../../src/engine.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { threadsLack } from '../../src/host/machine-lack.ts';
import { machineLimits } from '../../src/host/machine-limits.ts';
import { ThreadPlace } from '../../src/host/thread-place.ts';
import { DONE, JobKind, ownerOf, SplitCode, taskWord, Word } from '../../src/kernels/mailbox.ts';
import { STEP_RING } from '../../src/kernels/memory-plan.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { ThreadLost } from '../../src/run/cluster-event.ts';
import type { Sums } from '../../src/sums.ts';
import { type BlockAddress, evenBlocks } from '../../src/tree.ts';
import { sumParts } from './evaluation-sums.ts';
import type { Executor, StepRange } from './executor.ts';
import { notFinite } from './not-finite.ts';
import { type ExecutorStatus, noCounts } from './worker-status.ts';

export interface ThreadOptions {
  /** The compiled file that the threads run, and the kernels' shared build. */
  readonly threadFile: string;
  readonly module: WebAssembly.Module;
  readonly engine: EngineSpec;
  readonly threads: number;
  /** Cores that this process may use: with more threads than that, none of them spins. */
  readonly cores: number;
  readonly shards: number;
  readonly batchSize: number;
  readonly trainingCount: number;
  readonly validationCount: number;
  readonly testCount: number;
  /** Told of each thread that died. */
  readonly onLoss: (loss: ThreadLost) => void;
  /** Faults to make happen in the threads; tests only. */
  readonly faults?: readonly unknown[];
}

// Looks of a waiting thread before it sleeps: some hundred microseconds.
const SPINS = 20_000;
// How much work the threads may have before them when a stop comes.
const AHEAD_MS = 100;
// The longest that this thread waits before it looks by itself.
const LOOK_MS = 100;
// Deaths without a step or a part between them after which the run gives up.
const MAX_DEATHS = 8;

export class ThreadExecutor implements Executor, WorkerPool {
  readonly capacity: number;
  readonly #memory: RunMemory;
  readonly #options: ThreadOptions;
  readonly #places = new Set<ThreadPlace>();
  readonly #words: Int32Array;
  readonly #control: number;
  readonly #threads: Promise<void>[] = [];
  #stamp = 1;
  #deaths = 0;
  /** Of the whole run, for whoever watches. */
  #deathsInAll = 0;
  /** A job is being worked on. */
  #busy = false;
  #failure: Error | null = null;
  #closing = false;

  constructor(memory: RunMemory, options: ThreadOptions) {
    const lack = threadsLack(options.threads, machineLimits());
    if (lack !== null) throw lack;
    this.capacity = options.threads;
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

  #newPlace(): ThreadPlace {
    const place = new ThreadPlace(this.#options.threadFile);
    this.#places.add(place);
    return place;
  }

  /** Runs thread `worker` until it is told to stop; replaces it as often as it dies. */
  async #keep(worker: number, first: ThreadPlace): Promise<void> {
    const { module, engine, threads, cores, batchSize, trainingCount } = this.#options;
    const spins = threads <= cores ? SPINS : 0;
    const { faults = [] } = this.#options;
    for (let place = first; !this.#closing; ) {
      try {
        await place.run({
          module,
          memory: this.#memory.wasmMemory,
          plan: this.#memory.plan,
          engine,
          loop: { worker, workers: threads, spins, batchSize, trainingCount },
          faults,
        });
        return;
      } catch (error) {
        if (this.#closing) return;
        this.#free(worker);
        this.#deaths++;
        this.#deathsInAll++;
        const reason = error instanceof Error ? error.message : String(error);
        if (this.#deaths > MAX_DEATHS) {
          return this.#fail(
            new LockstepError({
              code: 'ERR_LOCKSTEP_THREADS_DIED',
              what: 'Worker threads keep dying',
              why: `${this.#deaths} in a row, the last one with: ${reason}`,
              mend: 'Run again with --threads 0 to see the error in the main thread, and with --verbose.',
              exitCode: ExitCode.runFailed,
              cause: error,
            }),
          );
        }
        this.#options.onLoss({ type: 'threadLost', thread: worker, reason });
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

  async train(range: StepRange): Promise<number> {
    const { shards, threads } = this.#options;
    const { epoch, epochStart, from, to } = range;
    const blocks = evenBlocks(shards, Math.min(threads, shards)).flat();
    const slots = blocks.map((_, i) => i);
    this.#memory.setBlocks(blocks, slots);
    this.#memory.setTreeNodes(blocks, slots);
    let taken = from;
    let limit = from;
    let stepMs = Number.POSITIVE_INFINITY;
    const allow = (): void => {
      const ahead = Math.max(1, Math.min(STEP_RING, Math.floor(AHEAD_MS / stepMs)));
      for (; limit < Math.min(to, taken + ahead); limit++) this.#memory.setStepScalars(limit, range.scalars(limit));
      this.#store(Word.notifyEvery, Math.max(1, ahead >> 2));
      this.#store(Word.limit, limit);
    };
    this.#post(JobKind.train, 2 * (to - from), {
      tasks: blocks.length,
      step: from,
      endStep: to,
      epoch,
      stepInEpoch: from - epochStart,
      progress: from,
      limit: from,
    });
    // only now: a thread of the stretch before, if that was stopped early, would take the step as one of its own job
    allow();
    this.#wakeThreads();
    let looked = performance.now();
    while (taken < limit) {
      await this.#progressBeyond(taken);
      const reached = this.#read(Word.progress);
      const now = performance.now();
      stepMs = (now - looked) / (reached - taken);
      looked = now;
      this.#deaths = 0;
      for (; taken < reached; taken++) range.committed(taken, this.#memory.stepSums(taken));
      if (!range.stopped()) {
        allow();
        this.#wakeThreads();
      }
    }
    this.#busy = false;
    return taken;
  }

  async evaluate(split: SplitName, step: number, epoch: number): Promise<Sums> {
    return await sumParts(this.#memory, split, this.#options, (parts) =>
      this.evaluateParts(split, step, epoch, 0, parts),
    );
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

  /** A thread that died is replaced at once, and its place keeps its sums. */
  status(): ExecutorStatus {
    const state = this.#busy ? 'computing' : 'idle';
    const tallies = Array.from({ length: this.#options.threads }, (_, worker) => this.#memory.tally(worker));
    return {
      workers: tallies.map(({ computeMs, shards, samples }, worker) => ({
        rank: worker,
        id: `thread-${worker}`,
        name: `thread ${worker}`,
        transport: 'thread',
        threads: 1,
        state,
        shards,
        samples,
        computeMs,
        silentMs: null,
        metricsAddress: null,
      })),
      departures: [],
      counts: {
        ...noCounts,
        waitMs: tallies.reduce((sum, { waitMs }) => sum + waitMs, 0),
        evictions: { thread_died: this.#deathsInAll },
      },
      waiting: null,
    };
  }

  /** Starts a job of `phases` phases. The job before is over: no thread holds a task. */
  #post(kind: JobKind, phases: number, fields: Partial<Record<keyof typeof Word, number>>): void {
    // odd while the fields change: a thread that is late for the job before may be reading them
    Atomics.add(this.#words, this.#control + Word.job, 1);
    const before = taskWord(this.#stamp - 1, DONE);
    for (let task = 0; task < this.#memory.plan.taskCount; task++) {
      if (kind !== JobKind.stop) Atomics.store(this.#words, this.#memory.plan.tasks / 4 + task, before);
    }
    for (const [field, value] of Object.entries(fields)) this.#store(Word[field as keyof typeof Word], value);
    this.#busy = true;
    this.#store(Word.kind, kind);
    this.#store(Word.stamp, this.#stamp);
    this.#stamp += phases + 1;
    Atomics.add(this.#words, this.#control + Word.job, 1);
    this.#wakeThreads();
  }

  /** Frees what a dead thread held. */
  #free(worker: number): void {
    const table = this.#memory.plan.tasks / 4;
    for (let task = 0; task < this.#memory.plan.taskCount; task++) {
      const word = Atomics.load(this.#words, table + task);
      if (ownerOf(word) === worker) Atomics.store(this.#words, table + task, taskWord((word >>> 8) - 1, DONE));
    }
    this.#wakeThreads();
  }

  async #progressBeyond(step: number): Promise<void> {
    await this.#until(() => {
      const fault = this.#read(Word.fault);
      if (fault !== 0) throw notFinite(fault - 1);
      return this.#read(Word.progress) > step;
    });
  }

  async #allDone(tasks: number): Promise<void> {
    const table = this.#memory.plan.tasks / 4;
    const done = taskWord(this.#stamp - 2, DONE);
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
      // its threads are told to stop, and will not get to it
      if (this.#closing) throw new Error('the threads were closed');
      const waiting = Atomics.waitAsync(this.#words, this.#control + Word.main, seen, LOOK_MS);
      if (waiting.async) await waiting.value;
    }
  }

  #wakeMain(): void {
    Atomics.add(this.#words, this.#control + Word.main, 1);
    Atomics.notify(this.#words, this.#control + Word.main);
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
