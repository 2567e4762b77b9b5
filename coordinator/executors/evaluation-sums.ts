// A split's figures from those of its chunks, added in the chunks' order, so that they do not depend on who computed which.

import type { SplitName } from '../../src/engine.ts';
import { chunksOf } from '../../src/kernels/memory-plan.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { Sums } from '../../src/sums.ts';

export async function sumChunks(
  run: RunMemory,
  split: SplitName,
  counts: { readonly validationCount: number; readonly testCount: number },
  computeAll: (chunks: number) => Promise<void>,
): Promise<Sums> {
  const chunks = chunksOf(split === 'test' ? counts.testCount : counts.validationCount);
  await computeAll(chunks);
  const total = { lossSum: 0, correctCount: 0, sampleCount: 0 };
  for (let chunk = 0; chunk < chunks; chunk++) {
    const sums = run.figures(run.plan.chunkFigures + chunk * 16);
    total.lossSum += sums.lossSum;
    total.correctCount += sums.correctCount;
    total.sampleCount += sums.sampleCount;
  }
  return total;
}
