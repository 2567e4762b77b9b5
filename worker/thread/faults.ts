// Faults on demand, for tests: a thread that dies in the middle of its work and leaves garbage where it wrote, or one that
// goes on and delivers garbage (point `computed`).

import { ROW_GROUPS } from '../../src/kernels/kernels.ts';
import { Word } from '../../src/kernels/mailbox.ts';
import { BlockWord } from '../../src/kernels/memory-records.ts';
import { bufferOf, type RunMemory } from '../../src/kernels/run-memory.ts';
import type { FaultInjector, FaultPoint } from './compute-loop.ts';

/** Whoever does a task of `step` (or, with `worker`, that thread in this or a later step) fails at `point`, once. */
export interface Fault {
  readonly step: number;
  readonly point: FaultPoint;
  readonly worker?: number;
}

/** At most 64 faults; shared memory remembers which have happened, whichever thread they happened to. */
export function injectorOf(faults: readonly Fault[], memory: RunMemory, thread: number): FaultInjector {
  return (point, step, task) => {
    const due = faults.findIndex((fault, i) => {
      if (fault.point !== point || step < fault.step || (fault.worker ?? thread) !== thread) return false;
      return Atomics.compareExchange(memory.words, memory.plan.control / 4 + Word.faults + i, 0, 1) === 0;
    });
    if (due < 0) return;
    const { plan } = memory;
    if (point === 'compute' || point === 'computed') {
      const slot = memory.words[memory.blockRecord(task) + BlockWord.slot]!;
      memory.vector(plan.slots[slot]!.vector).fill(Number.NaN);
    } else {
      // inside of what this task writes, so that no other task's result is hurt
      const vector = memory.vector(bufferOf(plan.parameters, step + 1));
      const { inputs, stride } = plan.firstLayer;
      const row = Math.floor((inputs * task) / ROW_GROUPS) * stride;
      if (task < ROW_GROUPS) vector.fill(Number.NaN, row, row + stride);
      else vector.fill(Number.NaN, vector.length - 4);
    }
    if (point !== 'computed') process.exit(13);
  };
}
