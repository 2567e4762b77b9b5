// The negative control: an engine whose sums over shards are added in a seeded order that is not the canonical tree's.
// Everything else about it is right, so that only a test of bits can tell.

import type { Engine, EngineSpec } from '../../src/engine.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { Purpose, permutationAt } from '../../src/random.ts';
import { makeEngine } from '../../worker/engines/make-engine.ts';

export async function makeDisorderedEngine(spec: EngineSpec, memory: RunMemory, worker: number): Promise<Engine> {
  const engine = await makeEngine(spec, memory, worker);
  const { kernels, plan } = memory;
  const { slots, vectorBytes } = plan;
  return {
    name: engine.name,
    evaluatePart: engine.evaluatePart.bind(engine),
    updateSlice: engine.updateSlice.bind(engine),
    computeBlock(at, block, slot) {
      if (block.level === 0) return engine.computeBlock(at, block, slot);
      const order = permutationAt(1, Purpose.order, at.step, 2 ** block.level);
      const total = slots[slot]!;
      const part = slots[slot + 1]!;
      order.forEach((shard, i) => {
        engine.computeBlock(at, { level: 0, index: shard }, i === 0 ? slot : slot + 1);
        if (i === 0) return;
        kernels.add(total.vector, part.vector, vectorBytes);
        const [sum, more] = [memory.sums(total.sums), memory.sums(part.sums)];
        memory.doubles[total.sums / 8] = sum.lossSum + more.lossSum;
        memory.words[total.sums / 4 + 2] = sum.correctCount + more.correctCount;
        memory.words[total.sums / 4 + 3] = sum.sampleCount + more.sampleCount;
      });
    },
  };
}
