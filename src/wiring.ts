// What the entries wire in: the program's own build, which coordinator and worker may not reach across to each other for. Types
// only.

import type { Engine, EngineSpec, WideKernels } from './engine.ts';
import type { RunMemory } from './kernels/run-memory.ts';
import type { Workbench } from './kernels/workbench.ts';

/** Of a process that trains; a node needs some of it. */
export interface Wiring {
  readonly sharedKernels: () => WebAssembly.Module;
  /** Those for wide vectors; compiled once. It throws where there may be none. */
  readonly wideKernels: () => WideKernels;
  /** Where the kernels' constants end. */
  readonly heapBase: () => number;
  /** The kernels for single calls; made once. */
  readonly workbench: () => Workbench;
  readonly threadFile: string;
  /** Version of the program: nodes must have the same. */
  readonly programVersion: string;
  readonly makeEngine: (spec: EngineSpec, memory: RunMemory, worker: number) => Promise<Engine>;
  /**
   * Digest of what an engine makes of a fixed small network: the same wherever a run would be the same. It throws where the
   * engine cannot be had, and readies the process for its threads.
   */
  readonly selfTest: (engine: string) => Promise<string>;
  /** Cores that the threads may count on, a fraction where ranks share them; without it all that the process may use. */
  readonly cores?: number;
  /** Faults to make happen in the threads: of `lockstep verify` and of tests. */
  readonly faults?: readonly unknown[];
}
