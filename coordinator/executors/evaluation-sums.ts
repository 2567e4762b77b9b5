// A split's figures from those of its parts, added in the parts' order, so that they do not depend on who computed which.

import type { SplitName } from '../../src/engine.ts';
import { partsOf, samplesOf } from '../../src/kernels/memory-plan.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { Sums } from '../../src/sums.ts';

export async function sumParts(
  memory: RunMemory,
  split: SplitName,
  computeAll: (parts: number) => Promise<void>,
): Promise<Sums> {
  const parts = partsOf(samplesOf(memory.plan.shape, split));
  await computeAll(parts);
  const total = { lossSum: 0, correctCount: 0, sampleCount: 0 };
  for (let part = 0; part < parts; part++) {
    const sums = memory.sums(memory.plan.partSums + part * 16);
    total.lossSum += sums.lossSum;
    total.correctCount += sums.correctCount;
    total.sampleCount += sums.sampleCount;
  }
  return total;
}
