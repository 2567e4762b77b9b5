// The shared memory of a node's runs, one after the other. A node that joins again, since its connection was lost or the next
// run has begun, takes that of its last run, in which the data stand already.

import type { Dataset } from '../../src/data/dataset.ts';
import { layMemory, pagesOf, writeRecords } from '../../src/kernels/lay-memory.ts';
import { type MemoryPlan, PAGE_BYTES } from '../../src/kernels/memory-plan.ts';

export class SpareMemory {
  #spare: WebAssembly.Memory | null = null;

  /**
   * Memory laid out by the plan, as if it were new; but `data` stand in it still if it is the one in which they stand.
   * @throws LockstepError when the system refuses it
   */
  take(plan: MemoryPlan, data: Dataset | null): WebAssembly.Memory {
    const spare = this.#spare;
    this.#spare = null;
    if (spare === null || spare.buffer.byteLength !== pagesOf(plan) * PAGE_BYTES) return layMemory(plan);
    // other data than it holds may be needed again, and stand nowhere else
    if (data === null || data.train.images.buffer !== spare.buffer) return layMemory(plan);
    const bytes = new Uint8Array(spare.buffer);
    // data of one digest lie at the same addresses, whatever the run
    bytes.fill(0, 0, plan.images);
    bytes.fill(0, plan.validationNumbers);
    writeRecords(plan, spare);
    return spare;
  }

  /** Nobody computes in it any more. */
  giveBack(memory: WebAssembly.Memory): void {
    this.#spare = memory;
  }
}
