// Ways in which a node of a test lies: finite and well-formed, so that nothing but an audit can tell.

import type { StepAddress } from '../../src/engine.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { makeEngine } from '../../worker/engines/make-engine.ts';

/** What a node does with what it has computed, before it answers. */
export type Lie = (at: StepAddress, memory: RunMemory, slots: readonly number[]) => unknown;

const vectorOf = (memory: RunMemory, slot: number) => memory.vector(memory.plan.slots[slot]!.vector);
const eachSlot =
  (lie: (memory: RunMemory, slot: number) => void): Lie =>
  (_, memory, slots) => {
    for (const slot of slots) lie(memory, slot);
  };

export const smallNumber = eachSlot((memory, slot) => {
  vectorOf(memory, slot)[77]! += 1e-6;
});
export const zeros = eachSlot((memory, slot) => vectorOf(memory, slot).fill(0));
export const falseCount = eachSlot((memory, slot) => {
  const { sums } = memory.plan.slots[slot]!;
  const { lossSum, correctCount, sampleCount } = memory.sums(sums);
  memory.setSums(sums, { lossSum, correctCount: correctCount === 0 ? 1 : correctCount - 1, sampleCount });
});
export const falseLoss = eachSlot((memory, slot) => {
  const { sums } = memory.plan.slots[slot]!;
  memory.setSums(sums, { ...memory.sums(sums), lossSum: memory.sums(sums).lossSum * (1 + 1e-15) + 1e-9 });
});

/** Computes a shard that it was not asked for, and sends it for those that it was. */
export const anotherShard: Lie = async (at, memory, slots) => {
  const engine = await makeEngine({ name: 'wasm', augmentValidation: false }, memory, 0);
  for (const slot of slots) {
    const sums = memory.sums(memory.plan.slots[slot]!.sums);
    engine.computeBlock(at, { level: 0, index: 0 }, slot);
    memory.setSums(memory.plan.slots[slot]!.sums, sums);
  }
};

/** Sends again what it sent for the step before. */
export function staleStep(): Lie {
  let before: Float32Array | null = null;
  return (_, memory, [slot]) => {
    const now = vectorOf(memory, slot!);
    const kept = Float32Array.from(now);
    if (before !== null) now.set(before);
    before = kept;
  };
}

export function nowAndThen(lie: Lie, every: number): Lie {
  let steps = 0;
  return (...what) => (++steps % every === 0 ? lie(...what) : undefined);
}
