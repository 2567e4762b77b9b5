// Workers that lie, in each way that is finite and well-formed, to a run with --audit: each is found, evicted and refused, the run
// goes back to before its first answer, and its bits are those of a single worker.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StepAddress } from '../../src/engine.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { makeEngine } from '../../worker/engines/make-engine.ts';
import { patient, withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import type { NodeSetup } from '../support/nodes.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

type Lie = (at: StepAddress, memory: RunMemory, slots: readonly number[]) => unknown;

const vectorOf = (memory: RunMemory, slot: number) => memory.vector(memory.plan.slots[slot]!.vector);
const eachSlot =
  (lie: (memory: RunMemory, slot: number) => void): Lie =>
  (_, memory, slots) => {
    for (const slot of slots) lie(memory, slot);
  };

const smallNumber = eachSlot((memory, slot) => {
  vectorOf(memory, slot)[77]! += 1e-6;
});
const zeros = eachSlot((memory, slot) => vectorOf(memory, slot).fill(0));
const falseCount = eachSlot((memory, slot) => {
  const { sums } = memory.plan.slots[slot]!;
  const { lossSum, correctCount, sampleCount } = memory.sums(sums);
  memory.setSums(sums, { lossSum, correctCount: correctCount === 0 ? 1 : correctCount - 1, sampleCount });
});
const falseLoss = eachSlot((memory, slot) => {
  const { sums } = memory.plan.slots[slot]!;
  memory.setSums(sums, { ...memory.sums(sums), lossSum: memory.sums(sums).lossSum * (1 + 1e-15) + 1e-9 });
});

/** Computes a shard that it was not asked for, and sends it for those that it was. */
const anotherShard: Lie = async (at, memory, slots) => {
  const engine = await makeEngine({ name: 'wasm', augmentValidation: false }, memory, 0);
  for (const slot of slots) {
    const sums = memory.sums(memory.plan.slots[slot]!.sums);
    engine.computeBlock(at, { level: 0, index: 0 }, slot);
    memory.setSums(memory.plan.slots[slot]!.sums, sums);
  }
};

/** Sends again what it sent for the step before. */
function staleStep(): Lie {
  let before: Float32Array | null = null;
  return (_, memory, [slot]) => {
    const now = vectorOf(memory, slot!);
    const kept = Float32Array.from(now);
    if (before !== null) now.set(before);
    before = kept;
  };
}

function nowAndThen(lie: Lie, every: number): Lie {
  let steps = 0;
  return (...what) => (++steps % every === 0 ? lie(...what) : undefined);
}

/** A run with two honest nodes, and a third that lies. */
async function withLiar(setup: NodeSetup, audit: number, share: Partial<typeof digits.short> = {}) {
  await withCluster(
    { ...digits.short, minWorkers: 3, audit, ...share },
    async (cluster) => {
      cluster.node({ name: 'honest', data: digits.data });
      cluster.node({ name: 'honest too', data: digits.data });
      const liar = cluster.node({ name: 'liar', data: digits.data, ...setup });
      expect((await liar.ended).error).toMatchObject({
        exitCode: 1,
        why: expect.stringMatching(/^falseAnswer: .* is false/),
      });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(cluster.log.evicted).toMatchObject([{ name: 'liar', eviction: 'false_answer' }]);
      expect(cluster.log.of('wentBack')).toHaveLength(1);
    },
    patient,
  );
}

describe('in gradients', () => {
  test.each<[string, () => Lie]>([
    ['adds a small number', () => smallNumber],
    ['sends zeros', () => zeros],
    ['reports a false count', () => falseCount],
    ['reports a false loss', () => falseLoss],
    ["sends another shard's gradient", () => anotherShard],
    ["sends a stale step's gradient", staleStep],
    ['adds a small number in every fourth step', () => nowAndThen(smallNumber, 4)],
  ])('a worker that %s', async (_, lie) => {
    await withLiar({ afterStep: lie() }, 0.5);
  });
});
