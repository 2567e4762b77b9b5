// Faults on demand, for tests: a thread that dies in the middle of its work and leaves garbage where it wrote, or one that
// goes on and delivers garbage (point `computed`).

import { ROW_GROUPS } from '../src/kernels/kernels.ts';
import { at, type RunMemory } from '../src/kernels/run-memory.ts';
import type { FaultInjector, FaultPoint } from './compute-loop.ts';

/** The thread `worker` fails at `point` of step `step` (or of the first later step in which it gets such a task). */
export interface Fault {
  readonly worker: number;
  readonly step: number;
  readonly point: FaultPoint;
}

export function injectorOf(faults: readonly Fault[], run: RunMemory): FaultInjector {
  return (point, step, task) => {
    if (!faults.some((fault) => fault.point === point && step >= fault.step)) return;
    const { plan } = run;
    if (point === 'compute' || point === 'computed') {
      const slot = run.words[plan.blocks / 4 + 3 * task + 2]!;
      run.vector(plan.slots[slot]!.vector).fill(Number.NaN);
    } else {
      // inside of what this task writes, so that no other task's result is hurt
      const vector = run.vector(at(plan.parameters, step + 1));
      const { inputs, stride } = plan.firstLayer;
      const row = Math.floor((inputs * task) / ROW_GROUPS) * stride;
      if (task < ROW_GROUPS) vector.fill(Number.NaN, row, row + stride);
      else vector.fill(Number.NaN, vector.length - 4);
    }
    if (point !== 'computed') process.exit(13);
  };
}
