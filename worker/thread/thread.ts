// What Piscina starts in each thread: one long task that lives as long as the thread does.

import type { EngineSpec } from '../../src/engine.ts';
import { runMemoryOn } from '../../src/kernels/lay-memory.ts';
import type { MemoryPlan } from '../../src/kernels/memory-plan.ts';
import { makeEngine } from '../engines/make-engine.ts';
import { ComputeLoop, type LoopOptions } from './compute-loop.ts';
import { type Fault, injectorOf } from './faults.ts';

/** Sent once, when the thread starts. */
export interface ThreadTask {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly plan: MemoryPlan;
  readonly engine: EngineSpec;
  readonly loop: Omit<LoopOptions, 'inject'>;
  /** Faults to make happen; tests only. */
  readonly faults: readonly Fault[];
}

export default async function thread(task: ThreadTask): Promise<void> {
  const memory = runMemoryOn(task.memory, task.plan, task.module);
  const engine = await makeEngine(task.engine, memory, task.loop.worker);
  new ComputeLoop(engine, memory, {
    ...task.loop,
    ...(task.faults.length > 0 ? { inject: injectorOf(task.faults, memory, task.loop.worker) } : {}),
  }).run();
  engine.close?.();
}
