// Faults on demand, for tests: a thread that dies in the middle of its work and leaves garbage where it wrote, or one that
// goes on and delivers garbage (point `computed`).

import { REST_GROUPS, ROW_GROUPS } from '../../src/kernels/kernels.ts';
import { Word } from '../../src/kernels/mailbox.ts';
import { BlockWord, LayerStoreWord, StoreWord } from '../../src/kernels/memory-records.ts';
import { TILE } from '../../src/kernels/pass-grid.ts';
import { bufferOf, type RunMemory } from '../../src/kernels/run-memory.ts';
import type { Layout } from '../../src/model/layout.ts';
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
      if (memory.words[plan.control / 4 + Word.passes] === 0) {
        const slot = memory.words[memory.blockRecord(task) + BlockWord.slot]!;
        memory.vector(plan.slots[slot]!.vector).fill(Number.NaN);
      } else {
        spoilTile(memory, task);
      }
    } else {
      // inside of what this task writes, so that no other task's result is hurt
      const vector = memory.vector(bufferOf(plan.parameters, step + 1));
      const row = firstRowOf(task, plan.shape.layout);
      vector.fill(Number.NaN, row.at, row.at + row.stride);
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

/** The first row of a slice, in kernel order: of the first layer's inputs, or of all other rows. */
function firstRowOf(slice: number, { layers }: Layout): { at: number; stride: number } {
  const first = layers[0]!;
  if (slice < ROW_GROUPS) {
    return { at: Math.floor((first.inputs * slice) / ROW_GROUPS) * first.stride, stride: first.stride };
  }
  const rest = layers.flatMap(({ inputs, stride, offset }, l) => {
    const rows = Array.from({ length: inputs + 1 }, (_, row) => ({ at: offset + row * stride, stride }));
    return l === 0 ? rows.slice(inputs) : rows;
  });
  return rest[Math.floor((rest.length * (slice - ROW_GROUPS)) / REST_GROUPS)]!;
}
