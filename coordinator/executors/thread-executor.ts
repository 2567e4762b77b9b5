// Trains over this machine's threads: ranges of steps that the threads take one after the other without a word from here, and
// evaluations. What the threads are and how they are spoken to, src/host/thread-pool.ts knows.

import type { SplitName } from '../../src/engine.ts';
import type { ThreadPool } from '../../src/host/thread-pool.ts';
import { STEP_RING } from '../../src/kernels/memory-plan.ts';
import { passesOf } from '../../src/kernels/pass-grid.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { Sums } from '../../src/sums.ts';
import { evenBlocks, rootLevel } from '../../src/tree.ts';
import { sumParts } from './evaluation-sums.ts';
import type { Executor, StepRange } from './executor.ts';
import { notFinite } from './not-finite.ts';
import { blocksOfStep } from './step-tasks.ts';
import { type ExecutorStatus, noCounts } from './worker-status.ts';

// How much work the threads may have before them when a stop comes.
const AHEAD_MS = 100;
// A thread that has rested so long does not just share its core for a moment.
const REST_TOLD_MS = 250;

export class ThreadExecutor implements Executor {
  readonly #memory: RunMemory;
  readonly #pool: ThreadPool;
  readonly #onRest: (thread: number) => void;
  #restTold = false;

  /**
   * The pool's threads share the memory; it is closed with the executor. `onRest` is told once of a thread that rests, since
   * something else takes its core.
   */
  constructor(memory: RunMemory, pool: ThreadPool, onRest: (thread: number) => void = () => undefined) {
    this.#memory = memory;
    this.#pool = pool;
    this.#onRest = onRest;
  }

  async train(range: StepRange): Promise<number> {
    const { epoch, epochStart, from, to } = range;
    const { passes, tasks } = this.#stepTasks();
    let taken = from;
    let limit = from;
    let stepMs = Number.POSITIVE_INFINITY;
    const allow = (): void => {
      const ahead = Math.max(1, Math.min(STEP_RING, Math.floor(AHEAD_MS / stepMs)));
      for (; limit < Math.min(to, taken + ahead); limit++) this.#memory.setStepScalars(limit, range.scalars(limit));
      this.#pool.allowSteps(limit, Math.max(1, ahead >> 2));
    };
    this.#pool.startSteps({ epoch, step: from, stepInEpoch: from - epochStart }, to, passes, tasks);
    // only now: a thread of the range before, if that was stopped early, would take the step as one of its own job
    allow();
    let looked = performance.now();
    while (taken < limit) {
      await this.#pool.progressBeyond(taken);
      const { faultyStep, progress: reached } = this.#pool;
      if (faultyStep !== null) throw notFinite(faultyStep);
      const now = performance.now();
      stepMs = (now - looked) / (reached - taken);
      looked = now;
      for (; taken < reached; taken++) range.committed(taken, this.#memory.stepSums(taken));
      this.#tellOfRests();
      if (!range.stopped()) allow();
    }
    this.#pool.endSteps();
    return taken;
  }

  /** Lays down what a step is cut into: `passes` that the threads share, of `tasks` tiles, or `tasks` blocks without passes (0). */
  #stepTasks(): { passes: number; tasks: number } {
    const { shape, grid } = this.#memory.plan;
    const { shards } = shape;
    const { capacity, sharesSteps } = this.#pool;
    const passes = passesOf(grid, shards);
    const blocks = sharesSteps
      ? blocksOfStep(capacity, shards, passes)
      : evenBlocks(shards, Math.min(capacity, shards)).flat();
    if (blocks === null) {
      // it has one tree node, the root
      this.#memory.setTreeNodes([{ level: rootLevel(shards), index: 0 }], [0]);
      return { passes, tasks: grid.passGroups };
    }
    const slots = blocks.map((_, i) => i);
    this.#memory.setBlocks(blocks, slots);
    this.#memory.setTreeNodes(blocks, slots);
    return { passes: 0, tasks: blocks.length };
  }

  #tellOfRests(): void {
    for (let thread = 0; !this.#restTold && thread < this.#pool.capacity; thread++) {
      if (this.#memory.tally(thread).restMs < REST_TOLD_MS) continue;
      this.#restTold = true;
      this.#onRest(thread);
    }
  }

  async evaluate(split: SplitName, step: number, epoch: number): Promise<Sums> {
    return await sumParts(this.#memory, split, (parts) => this.#pool.evaluateParts(split, step, epoch, 0, parts));
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  /** A thread that died is replaced at once, and its place keeps its sums. */
  status(): ExecutorStatus {
    const state = this.#pool.busy ? 'computing' : 'idle';
    const tallies = Array.from({ length: this.#pool.capacity }, (_, worker) => this.#memory.tally(worker));
    return {
      workers: tallies.map(({ computeMs, restMs, shards, samples }, worker) => ({
        rank: worker,
        id: `thread-${worker}`,
        name: `thread ${worker}`,
        transport: 'thread',
        threads: 1,
        wide: this.#pool.isWide,
        state,
        shards,
        samples,
        computeMs,
        restMs,
        silentMs: null,
        metricsAddress: null,
      })),
      departures: [],
      counts: {
        ...noCounts,
        waitMs: tallies.reduce((sum, { waitMs }) => sum + waitMs, 0),
        wideChecks: this.#memory.wideChecks,
        evictions: { thread_died: this.#pool.deaths },
      },
      waiting: null,
    };
  }
}
