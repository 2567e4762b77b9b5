// What the entries wire into a node.

import type { WideKernels, WorkerPool } from '../../src/engine.ts';
import type { ThreadPoolOptions } from '../../src/host/thread-pool.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { Wiring } from '../../src/wiring.ts';

export type NodeWiring = Pick<
  Wiring,
  'programVersion' | 'sharedKernels' | 'heapBase' | 'selfTest' | 'threadFile' | 'makeEngine' | 'cores'
> & {
  /** Where it computes with wide vectors. */
  readonly wide?: WideKernels;
  /** What computes in the place of threads: of tests. */
  readonly startPool?: (memory: RunMemory, options: ThreadPoolOptions) => WorkerPool;
};

/** The other engine has none to be asked for. */
export function hasWideVectors(engine: string, { wide }: Pick<NodeWiring, 'wide'>): boolean {
  return engine === 'wasm' && wide !== undefined;
}
