// A computing thread's life: wait for a job, go through its phases taking whatever task is free, until told to stop.
// It knows the mailbox (src/kernels/mailbox.ts) and an engine, and nothing of how the thread came to be.

import type { Engine, SharedSteps } from '../../src/engine.ts';
import { samplesOfBatch } from '../../src/kernels/batch-samples.ts';
import { REST_GROUPS, ROW_GROUPS } from '../../src/kernels/kernels.ts';
import { firstPhaseAt, JobKind, SplitCode, Word } from '../../src/kernels/mailbox.ts';
import { BlockWord, SumsWord, TallyDouble } from '../../src/kernels/memory-records.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { PhaseKind, Phases } from './phases.ts';

/** Where a fault can be made to happen, for tests: before and after a block, before and after a slice. */
export type FaultPoint = 'compute' | 'computed' | 'reduce' | 'adam';
export type FaultInjector = (point: FaultPoint, step: number, task: number) => void;

export interface LoopOptions {
  readonly worker: number;
  readonly workers: number;
  /** How often to look at the mailbox before going to sleep; 0 where there are more threads than cores. */
  readonly spins: number;
  readonly inject?: FaultInjector;
  /** The clock that tasks are timed by; of tests, where it is not this thread's. */
  readonly nowMs?: () => number;
}

export class ComputeLoop {
  readonly #engine: Engine;
  readonly #memory: RunMemory;
  readonly #options: LoopOptions;
  readonly #words: Int32Array;
  readonly #control: number;
  readonly #phases: Phases;
  #job = 0;
  readonly #at = { epoch: 0, step: 0, stepInEpoch: 0 };
  readonly #block = { level: 0, index: 0 };
  readonly #fields = {
    kind: 0,
    stamp: 0,
    passes: 0,
    tasks: 0,
    firstPart: 0,
    step: 0,
    endStep: 0,
    stepInEpoch: 0,
    split: 0,
  };
  /** The pass at hand, and whether it is the step's last. */
  #pass = 0;
  #isLastPass = false;
  // What this worker did, as metrics show it: a few looks at the clock a step, and stores to a line that is its own.
  readonly #tally: number;
  /** From this thread's clock to the machine's, which is the same in all threads. */
  readonly #clockOffsetMs: number;

  constructor(engine: Engine, memory: RunMemory, options: LoopOptions) {
    this.#engine = engine;
    this.#memory = memory;
    this.#options = options;
    this.#words = memory.words;
    this.#control = memory.plan.control / 4;
    const { worker, workers, nowMs = () => performance.now() } = options;
    this.#phases = new Phases(memory, worker, workers, this.#jobIsOver, nowMs);
    this.#tally = memory.plan.workers[worker]!.tally / 8;
    this.#clockOffsetMs = clockOffsetMs();
  }

  /** Runs until a stop job comes. */
  run(): void {
    this.#phases.join();
    Atomics.add(this.#words, this.#control + Word.started, 1);
    this.#tellMain();
    for (;;) {
      this.#phases.waitFor(this.#jobIsOver);
      if (!this.#readJob()) continue;
      const { kind, tasks } = this.#fields;
      if (kind === JobKind.stop) return;
      if (kind === JobKind.train) this.#train();
      else this.#single(tasks, kind === JobKind.evaluate ? this.#evaluate : this.#compute);
    }
  }

  /** Takes the job's fields; false if the coordinator was writing them meanwhile (`job` is odd then). */
  #readJob(): boolean {
    const job = this.#read(Word.job);
    if (job % 2 !== 0) return false;
    const fields = this.#fields;
    fields.kind = this.#read(Word.kind);
    fields.stamp = this.#read(Word.stamp);
    fields.passes = this.#read(Word.passes);
    fields.tasks = this.#read(Word.tasks);
    fields.firstPart = this.#read(Word.firstPart);
    fields.step = this.#read(Word.step);
    fields.endStep = this.#read(Word.endStep);
    fields.stepInEpoch = this.#read(Word.stepInEpoch);
    fields.split = this.#read(Word.split);
    this.#at.epoch = this.#read(Word.epoch);
    this.#at.step = fields.step;
    this.#at.stepInEpoch = fields.stepInEpoch;
    if (this.#read(Word.job) !== job) return false;
    this.#job = job;
    return true;
  }

  #train(): void {
    const { step: first, endStep, stamp, stepInEpoch, passes } = this.#fields;
    this.#phases.beginTimed();
    // a thread that replaces a dead one comes in where the others are, and so does one that has rested
    let step = Math.max(first, this.#read(Word.progress));
    for (; step < endStep; step = Math.max(step + 1, this.#read(Word.progress))) {
      this.#at.step = step;
      this.#at.stepInEpoch = stepInEpoch + (step - first);
      this.#phases.waitFor(this.#mayStep, this.#options.spins);
      if (this.#jobIsOver()) return;
      const phase = firstPhaseAt(stamp, step - first, passes);
      if (!(passes === 0 ? this.#blockStep(phase) : this.#sharedStep(phase, passes))) return;
      if (this.#read(Word.fault) !== 0) {
        this.#tellMain();
        return;
      }
      this.#raiseProgress(step + 1);
      if ((step + 1) % this.#read(Word.notifyEvery) === 0 || step + 1 >= this.#read(Word.limit)) this.#tellMain();
    }
  }

  /** A step in whole tree nodes, and its commit. False when the job ended before. */
  #blockStep(phase: number): boolean {
    const startedMs = performance.now();
    if (!this.#phase(phase, this.#fields.tasks, this.#compute, PhaseKind.compute)) return false;
    const computedMs = this.#tallyPhase(TallyDouble.computeMs, startedMs);
    if (!this.#phase(phase + 1, ROW_GROUPS + 1, this.#update, PhaseKind.commit)) return false;
    this.#tallyPhase(TallyDouble.updateMs, computedMs);
    return true;
  }

  /** A step whose samples and rows the threads share, pass by pass; the last rows are its commit. */
  #sharedStep(phase: number, passes: number): boolean {
    let startedMs = performance.now();
    for (let pass = 0; pass < passes; pass++) {
      this.#pass = pass;
      this.#isLastPass = pass === passes - 1;
      if (!this.#phase(phase + 2 * pass, this.#fields.tasks, this.#tile, PhaseKind.compute)) return false;
      startedMs = this.#tallyPhase(TallyDouble.computeMs, startedMs);
      const sum = this.#isLastPass ? PhaseKind.commit : PhaseKind.sum;
      if (!this.#phase(phase + 2 * pass + 1, ROW_GROUPS + REST_GROUPS, this.#slice, sum)) return false;
      startedMs = this.#tallyPhase(this.#isLastPass ? TallyDouble.updateMs : TallyDouble.computeMs, startedMs);
    }
    return true;
  }

  /** A job of a single phase. */
  #single(tasks: number, work: (task: number) => void): void {
    const startedMs = performance.now();
    if (!this.#phases.run(this.#fields.stamp, tasks, work, 0, PhaseKind.untimed)) return;
    if (work === this.#compute) this.#tallyPhase(TallyDouble.computeMs, startedMs);
    this.#tellMain();
  }

  /** Adds the phase that just ended to this worker's tally. Returns the time. */
  #tallyPhase(word: number, startedMs: number): number {
    const nowMs = performance.now();
    const { doubles } = this.#memory;
    const { waitMs, restMs } = this.#phases;
    doubles[this.#tally + word]! += nowMs - startedMs - waitMs - restMs;
    doubles[this.#tally + TallyDouble.waitMs]! += waitMs;
    return nowMs;
  }

  // The functions below are made once, so that a step allocates nothing.

  readonly #compute = (task: number): void => {
    this.#options.inject?.('compute', this.#at.step, task);
    const block = this.#memory.blockRecord(task);
    this.#block.level = this.#words[block + BlockWord.level]!;
    this.#block.index = this.#words[block + BlockWord.index]!;
    const slot = this.#words[block + BlockWord.slot]!;
    this.#engine.computeBlock(this.#at, this.#block, slot);
    const { doubles, words, plan } = this.#memory;
    doubles[this.#tally + TallyDouble.shards]! += 1 << this.#block.level;
    doubles[this.#tally + TallyDouble.samples]! += words[plan.slots[slot]!.sums / 4 + SumsWord.sampleCount]!;
    this.#options.inject?.('computed', this.#at.step, task);
  };

  readonly #tile = (tile: number): void => {
    const { step } = this.#at;
    this.#options.inject?.('compute', step, tile);
    const samples = this.#shared.computeTile(this.#at, this.#pass, tile);
    const { doubles } = this.#memory;
    // a shard's tiles are about as long as each other
    const { groupTiles, passTiles, shardTiles } = this.#memory.plan.grid;
    const tiles = Math.min(groupTiles, passTiles - tile * groupTiles);
    if (samples > 0) doubles[this.#tally + TallyDouble.shards]! += tiles / shardTiles;
    doubles[this.#tally + TallyDouble.samples]! += samples;
    this.#options.inject?.('computed', step, tile);
  };

  readonly #slice = (slice: number): void => {
    const { step } = this.#at;
    if (!this.#isLastPass) {
      this.#shared.sumSlice(this.#at, this.#pass, slice, 0);
      return;
    }
    this.#beginCommit(slice);
    if (!this.#shared.sumSlice(this.#at, this.#pass, slice, this.#batchSamples())) this.#store(Word.fault, step + 1);
    if (slice === 0) {
      this.#shared.sumLosses(this.#at);
      this.#memory.addTreeNodes(step, 1);
    }
    this.#endCommit(slice);
  };

  readonly #update = (slice: number): void => {
    const { step } = this.#at;
    this.#beginCommit(slice);
    const { tasks } = this.#fields;
    if (!this.#engine.updateSlice(step, tasks, this.#batchSamples(), slice)) this.#store(Word.fault, step + 1);
    if (slice === ROW_GROUPS) this.#memory.addTreeNodes(step, tasks);
    this.#endCommit(slice);
  };

  #beginCommit(slice: number): void {
    const { step } = this.#at;
    this.#options.inject?.('reduce', step, slice);
    // in what order threads take the slices is open: the samples were there when the first one was begun
    if (!this.#memory.isStepComputed(step)) this.#memory.setStepComputed(step, performance.now() + this.#clockOffsetMs);
  }

  #endCommit(slice: number): void {
    const { step } = this.#at;
    // whoever ends last has the last word
    this.#memory.setStepEnd(step, performance.now() + this.#clockOffsetMs);
    this.#options.inject?.('adam', step, slice);
  }

  #batchSamples(): number {
    return samplesOfBatch(this.#memory, this.#at.stepInEpoch);
  }

  get #shared(): SharedSteps {
    return this.#engine.shared!;
  }

  readonly #evaluate = (task: number): void => {
    const split = this.#fields.split === SplitCode.test ? 'test' : 'validation';
    this.#engine.evaluatePart(split, this.#fields.firstPart + task, this.#at.step, this.#at.epoch);
  };

  /** Of a training job. */
  #phase(stamp: number, tasks: number, work: (task: number) => void, kind: PhaseKind): boolean {
    const isDone = this.#phases.run(stamp, tasks, work, this.#options.spins, kind);
    // also where the job ended meanwhile: most rests are cut short by that
    this.#memory.doubles[this.#tally + TallyDouble.restMs]! += this.#phases.restMs;
    return isDone;
  }

  readonly #mayStep = (): boolean => this.#at.step < this.#read(Word.limit) || this.#jobIsOver();
  readonly #jobIsOver = (): boolean => this.#read(Word.job) !== this.#job;

  /** Progress never goes back, even where a thread was held up between a phase and this word. */
  #raiseProgress(step: number): void {
    for (let seen = this.#read(Word.progress); seen < step; ) {
      const found = Atomics.compareExchange(this.#words, this.#control + Word.progress, seen, step) >>> 0;
      if (found === seen) return;
      seen = found;
    }
  }

  #tellMain(): void {
    Atomics.add(this.#words, this.#control + Word.main, 1);
    Atomics.notify(this.#words, this.#control + Word.main);
  }

  /** Steps are unsigned: after 2^31 of them the word itself is negative. */
  #read(word: number): number {
    return Atomics.load(this.#words, this.#control + word) >>> 0;
  }

  #store(word: number, value: number): void {
    Atomics.store(this.#words, this.#control + word, value);
  }
}

/**
 * Milliseconds from this thread's clock to the machine's. A thread that is held up between two looks sees too little, so the
 * largest of a few is taken.
 */
function clockOffsetMs(): number {
  let offsetMs = Number.NEGATIVE_INFINITY;
  for (let look = 0; look < 4; look++) {
    const [seconds, nanoseconds] = process.hrtime();
    offsetMs = Math.max(offsetMs, seconds * 1000 + nanoseconds / 1e6 - performance.now());
  }
  return offsetMs;
}
