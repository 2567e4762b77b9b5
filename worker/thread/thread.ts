// What Piscina starts in each thread: one long task that lives as long as the thread does.

import type { EngineSpec } from '../../src/engine.ts';
import { type Explanation, isWideFault } from '../../src/errors.ts';
import { runMemoryOn } from '../../src/kernels/lay-memory.ts';
import type { MemoryPlan } from '../../src/kernels/memory-plan.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { makeEngine } from '../engines/make-engine.ts';
import { ComputeLoop, type LoopOptions } from './compute-loop.ts';
import { type Fault, type Hold, holderOf, injectorOf } from './faults.ts';

/** Sent once, when the thread starts. */
export interface ThreadTask {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly plan: MemoryPlan;
  readonly engine: EngineSpec;
  readonly loop: Omit<LoopOptions, 'inject' | 'nowMs'>;
  /** Faults to make happen; tests only. */
  readonly faults: readonly (Fault | Hold)[];
}

/**
 * Returns when it is told to stop, or with an error that ends the run: one that another thread would meet as well. Whatever it
 * throws is a death, after which another thread takes its place.
 */
export default async function thread(task: ThreadTask): Promise<Explanation | null> {
  try {
    await compute(task);
    return null;
  } catch (error) {
    if (!isWideFault(error)) throw error;
    // an error's class does not survive the way to the main thread
    const { code, what, why, mend, exitCode } = error;
    return { code, what, why, mend, exitCode };
  }
}

function faultsOf({ faults, loop: { worker } }: ThreadTask, memory: RunMemory): Pick<LoopOptions, 'inject' | 'nowMs'> {
  if (faults.length === 0) return {};
  const hold = holderOf(
    faults.filter((fault) => 'heldMs' in fault),
    worker,
  );
  const fail = injectorOf(
    faults.filter((fault) => 'point' in fault),
    memory,
    worker,
  );
  return {
    inject: (point, step, task) => {
      hold.inject(point, step, task);
      fail(point, step, task);
    },
    nowMs: hold.nowMs,
  };
}

async function compute(task: ThreadTask): Promise<void> {
  const memory = runMemoryOn(task.memory, task.plan, task.module);
  const engine = await makeEngine(task.engine, memory, task.loop.worker);
  new ComputeLoop(engine, memory, {
    ...task.loop,
    ...faultsOf(task, memory),
  }).run();
  engine.close?.();
}
