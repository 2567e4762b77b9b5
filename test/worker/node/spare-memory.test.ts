// A node's memory goes from its last run to the next, and shows nothing of it.

import { describe, expect, test } from 'vitest';
import { planMemory } from '../../../src/kernels/memory-plan.ts';
import { wiring } from '../../../src/library.ts';
import { layoutOf } from '../../../src/model/layout.ts';
import { SpareMemory } from '../../../worker/node/spare-memory.ts';

function planOf(trainImages: number) {
  const counts = { trainImages, testImages: 20, trainingCount: 40, validationCount: 10 };
  const shape = {
    layout: layoutOf([784, 8, 10]),
    rows: 28,
    columns: 28,
    batchSize: 8,
    shards: 2,
    seed: 1,
    augment: true,
  };
  return planMemory({ ...shape, ...counts, workers: 1, slots: 2 }, wiring.heapBase());
}

describe('SpareMemory', () => {
  test('what was given back is taken again, and is as if it were new', () => {
    const plan = planOf(50);
    const memories = new SpareMemory();
    const first = memories.take(plan);
    const fresh = new Uint8Array(first.buffer).slice();
    new Uint8Array(first.buffer).fill(7);
    memories.giveBack(first);
    const second = memories.take(plan);
    expect(second).toBe(first);
    expect(Buffer.compare(new Uint8Array(second.buffer).slice(), fresh)).toBe(0);
    // the plan's records stand in it, so this is not a comparison of zeros
    expect(new Uint8Array(second.buffer).some((byte) => byte !== 0)).toBe(true);
  });

  test('nobody is given what another still has, nor what does not fit', () => {
    const memories = new SpareMemory();
    const first = memories.take(planOf(50));
    expect(memories.take(planOf(50))).not.toBe(first);
    memories.giveBack(first);
    const larger = memories.take(planOf(5000));
    expect(larger).not.toBe(first);
    expect(larger.buffer.byteLength).toBeGreaterThan(first.buffer.byteLength);
  });
});
