// Makes memory by a plan, and a run's memory of it: the only place where plan, memory and kernels come together.

import { LockstepError } from '../errors.ts';
import { instantiate } from './kernels.ts';
import { type MemoryPlan, PAGE_BYTES, planMemory } from './memory-plan.ts';
import type { RunShape } from './memory-shape.ts';
import { RunMemory } from './run-memory.ts';

/**
 * Fresh shared memory for a run, with an instance of the kernels on it; data, state and order are still to be set.
 * `module` is the kernels' shared build.
 */
export function layRun(shape: RunShape, module: WebAssembly.Module, heapBase: number): RunMemory {
  const plan = planMemory(shape, heapBase);
  return runMemoryOn(layMemory(plan), plan, module);
}

/** A run's memory on what was laid out by `plan`, here or by another thread. */
export function runMemoryOn(memory: WebAssembly.Memory, plan: MemoryPlan, module: WebAssembly.Module): RunMemory {
  return new RunMemory(memory, plan, instantiate(module, memory));
}

/** Fresh shared memory of the plan's size, its records written. */
export function layMemory(plan: MemoryPlan): WebAssembly.Memory {
  const pages = pagesOf(plan);
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (cause) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_NO_MEMORY',
      what: `${(plan.bytes / 2 ** 20).toFixed(0)} MiB of memory cannot be had`,
      why: 'the system refused them',
      mend: 'Use a smaller data set, narrower layers (--hidden) or fewer --threads, or free some memory.',
      cause,
    });
  }
  writeRecords(plan, memory);
  return memory;
}

/** Pages of 64 KiB. */
export function pagesOf(plan: MemoryPlan): number {
  return Math.ceil(plan.bytes / PAGE_BYTES);
}

export function writeRecords(plan: MemoryPlan, memory: WebAssembly.Memory): void {
  const words = new Uint32Array(memory.buffer);
  for (const { address, words: values } of plan.records) words.set(values, address / 4);
}
