// An executor that is watched: it does what the one within does, and tells of each step and evaluation. So neither the loop
// nor the executors need to know that anybody looks.

import type { SplitName } from '../../../src/engine.ts';
import type { ExitCode } from '../../../src/errors.ts';
import { machineMs } from '../../../src/host/machine-clock.ts';
import type { RunMemory } from '../../../src/kernels/run-memory.ts';
import type { Sums } from '../../../src/sums.ts';
import type { Executor, StepRange } from '../../executors/executor.ts';
import type { ExecutorStatus } from '../../executors/worker-status.ts';
import type { WatchedRun } from './watched-run.ts';

/** Told of each step as WatchedRun is. */
type StepTold = WatchedRun['step'];

export class ObservedExecutor implements Executor {
  readonly #executor: Executor;
  readonly #memory: RunMemory;
  readonly #watched: WatchedRun;
  readonly #stepTold: StepTold;

  constructor(executor: Executor, memory: RunMemory, watched: WatchedRun, stepTold: StepTold = () => undefined) {
    this.#executor = executor;
    this.#memory = memory;
    this.#watched = watched;
    this.#stepTold = stepTold;
  }

  async train(range: StepRange): Promise<number> {
    let before = machineMs();
    const committed = (step: number, sums: Sums): void => {
      const { computedMs, endMs } = this.#memory.stepTimes(step);
      // threads note the times themselves, and come to tell of several steps at once
      const end = Math.max(before, endMs === 0 ? machineMs() : endMs);
      if (computedMs !== 0) {
        // clocks of threads agree to microseconds only
        const computed = Math.min(end, Math.max(before, computedMs));
        this.#watched.phase('compute', computed - before);
        this.#watched.phase('optimize', end - computed);
      }
      const learningRate = this.#memory.learningRate(step);
      this.#watched.step(step, sums, end - before, learningRate);
      this.#stepTold(step, sums, end - before, learningRate);
      before = end;
      range.committed(step, sums);
    };
    return await this.#executor.train({ ...range, committed });
  }

  async evaluate(split: SplitName, step: number, epoch: number): Promise<Sums> {
    const started = performance.now();
    this.#watched.evaluating(true);
    try {
      return await this.#executor.evaluate(split, step, epoch);
    } finally {
      this.#watched.evaluating(false);
      this.#watched.phase('evaluate', performance.now() - started);
    }
  }

  status(): ExecutorStatus {
    return this.#executor.status();
  }

  async close(exitCode: ExitCode): Promise<void> {
    await this.#executor.close(exitCode);
  }
}
