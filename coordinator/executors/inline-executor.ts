// The single-worker baseline: no pool, no socket, the plain loop. Everything else is held to it.

import { setImmediate } from 'node:timers/promises';
import type { Engine, SplitName } from '../../src/engine.ts';
import { machineMs } from '../../src/host/machine-clock.ts';
import { samplesOfBatch } from '../../src/kernels/batch-samples.ts';
import { ROW_GROUPS } from '../../src/kernels/kernels.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { Sums } from '../../src/sums.ts';
import { rootLevel } from '../../src/tree.ts';
import { sumParts } from './evaluation-sums.ts';
import type { Executor, StepRange } from './executor.ts';
import { notFinite } from './not-finite.ts';
import { type ExecutorStatus, noCounts, withoutSocket } from './worker-status.ts';

// How long the loop may keep the thread before signals and timers get their turn.
const SLICE_MS = 20;

export class InlineExecutor implements Executor {
  readonly #engine: Engine;
  readonly #memory: RunMemory;
  /** Since the executor was made. */
  readonly #done = { shards: 0, samples: 0, computeMs: 0 };
  #closed = false;
  /** Since when it keeps the thread: over epochs and evaluations, which may be shorter than a slice each. */
  #sinceMs = performance.now();

  constructor(engine: Engine, memory: RunMemory) {
    this.#engine = engine;
    this.#memory = memory;
  }

  async train(range: StepRange): Promise<number> {
    const { shards } = this.#memory.plan.shape;
    const { epoch, epochStart, from, to } = range;
    const root = { level: rootLevel(shards), index: 0 };
    this.#memory.setTreeNodes([root], [0]);
    for (let step = from; step < to; step++) {
      const stepInEpoch = step - epochStart;
      this.#memory.setStepScalars(step, range.scalars(step));
      const startedMs = machineMs();
      this.#engine.computeBlock({ epoch, step, stepInEpoch }, root, 0);
      const computedMs = machineMs();
      this.#memory.setStepComputed(step, computedMs);
      const samples = samplesOfBatch(this.#memory, stepInEpoch);
      for (let slice = 0; slice <= ROW_GROUPS; slice++) {
        if (!this.#engine.updateSlice(step, 1, samples, slice)) throw notFinite(step);
      }
      this.#memory.addTreeNodes(step, 1);
      this.#memory.setStepEnd(step, machineMs());
      this.#done.shards += shards;
      this.#done.samples += samples;
      this.#done.computeMs += computedMs - startedMs;
      range.committed(step, this.#memory.stepSums(step));
      if (performance.now() - this.#sinceMs > SLICE_MS) {
        await this.#yield();
        if (range.stopped()) return step + 1;
      }
    }
    return to;
  }

  async evaluate(split: SplitName, step: number, epoch: number): Promise<Sums> {
    return await sumParts(this.#memory, split, async (parts) => {
      for (let part = 0; part < parts; part++) {
        if (this.#closed) throw new Error('The executor was closed');
        this.#engine.evaluatePart(split, part, step, epoch);
        if (performance.now() - this.#sinceMs > SLICE_MS) await this.#yield();
      }
    });
  }

  /** Gives the others their turn. */
  async #yield(): Promise<void> {
    await setImmediate();
    this.#sinceMs = performance.now();
  }

  status(): ExecutorStatus {
    const worker = {
      rank: 0,
      id: 'inline',
      name: 'inline',
      transport: 'inline',
      threads: 1,
      wide: this.#engine.wide ?? false,
      state: 'computing',
    } as const;
    return {
      workers: [{ ...worker, ...this.#done, restMs: 0, ...withoutSocket }],
      departures: [],
      counts: { ...noCounts, wideChecks: this.#memory.wideChecks },
      waiting: null,
    };
  }

  /** An evaluation that nobody waits for any more ends as well. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#engine.close?.();
  }
}
