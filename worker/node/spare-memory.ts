// The shared memory of a node's runs, one after the other. A node that joins again, since its connection was lost or the next
// run has begun, takes that of its last run: each would else hold a whole dataset until the collector gets to it.

import { layMemory, pagesOf, writeRecords } from '../../src/kernels/lay-memory.ts';
import { type MemoryPlan, PAGE_BYTES } from '../../src/kernels/memory-plan.ts';

export class SpareMemory {
  #spare: WebAssembly.Memory | null = null;

  /**
   * Memory laid out by the plan, as if it were new.
   * @throws LockstepError when the system refuses it
   */
  take(plan: MemoryPlan): WebAssembly.Memory {
    const spare = this.#spare;
    this.#spare = null;
    if (spare === null || spare.buffer.byteLength !== pagesOf(plan) * PAGE_BYTES) {
      return layMemory(plan);
    }
    new Uint8Array(spare.buffer).fill(0);
    writeRecords(plan, spare);
    return spare;
  }

  /** Nobody computes in it any more. */
  giveBack(memory: WebAssembly.Memory): void {
    this.#spare = memory;
  }
}
