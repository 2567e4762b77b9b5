// Faults on demand, for tests: a thread that dies in the middle of its work and leaves garbage where it wrote, one that goes
// on and delivers garbage (point `computed`), or one whose core is taken from it.

import { Word } from '../../src/kernels/mailbox.ts';
import { BlockWord, LayerStoreWord, StoreWord } from '../../src/kernels/memory-records.ts';
import { TILE } from '../../src/kernels/pass-grid.ts';
import { bufferOf, type RunMemory } from '../../src/kernels/run-memory.ts';
import { rowsOfSlice } from '../engines/outputs.ts';
import type { FaultInjector, FaultPoint } from './compute-loop.ts';

/** Whoever does a task of `step` (or, with `worker`, that thread in this or a later step) fails at `point`, once. */
export interface Fault {
  readonly step: number;
  readonly point: FaultPoint;
  readonly worker?: number;
}

/**
 * From step `step` on each task that a thread (or, with `worker`, that one) computes or commits seems to it to have taken
 * `heldMs` more.
 */
export interface Hold {
  readonly step: number;
  readonly heldMs: number;
  readonly worker?: number;
}

/** What a thread's loop is given for its holds. `nowMs` is its clock, which each hold puts ahead. */
export function holderOf(holds: readonly Hold[], thread: number): { inject: FaultInjector; nowMs: () => number } {
  let aheadMs = 0;
  return {
    inject: (point, step) => {
      if (point !== 'compute' && point !== 'reduce') return;
      for (const { step: from, heldMs, worker = thread } of holds) {
        if (step >= from && worker === thread) aheadMs += heldMs;
      }
    },
    nowMs: () => performance.now() + aheadMs,
  };
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
      if (memory.words[plan.control / 4 + Word.passes] === 0) {
        const slot = memory.words[memory.blockRecord(task) + BlockWord.slot]!;
        memory.vector(plan.slots[slot]!.vector).fill(Number.NaN);
      } else {
        spoilTile(memory, task);
      }
    } else {
      // inside of what this task writes, so that no other task's result is hurt
      const vector = memory.vector(bufferOf(plan.parameters, step + 1));
      const { at, bytes } = rowsOfSlice(memory, task);
      vector.fill(Number.NaN, at / 4, (at + bytes) / 4);
    }
    if (point !== 'computed') process.exit(13);
  };
}

/** What a shared step's tile leaves: the first layer's deltas, in the store of the first worker. */
function spoilTile({ words, plan, wasmMemory }: RunMemory, tile: number): void {
  const layers = words[plan.workers[0]!.store / 4 + StoreWord.layers]! >>> 0;
  const deltas = words[layers / 4 + LayerStoreWord.deltas]! >>> 0;
  const bytes = TILE * words[layers / 4 + LayerStoreWord.pitch]!;
  new Float32Array(wasmMemory.buffer, deltas + tile * bytes, bytes / 4).fill(Number.NaN);
}
