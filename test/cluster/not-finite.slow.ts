// A NaN or an infinity in a gradient: the shard is redone elsewhere. Either its worker was wrong, and is evicted, or the
// gradient is, and the run stops and says where. In an evaluation, and in a sum of finite gradients, the coordinator's own
// answer decides.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine, SplitName } from '../../src/engine.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { wiring } from '../../src/library.ts';
import type { Wiring } from '../../src/wiring.ts';
import { type Cluster, patient, withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

const always = () => true;

/** Spoils what was computed, `times` times, from step 0 on or when `begun` says so. */
function spoiler(
  spoil: (memory: RunMemory, slot: number) => void,
  { times = Number.POSITIVE_INFINITY, begun = always }: { times?: number; begun?: (step: number) => boolean } = {},
) {
  const afterStep = ({ step }: { step: number }, memory: RunMemory, slots: readonly number[]) => {
    if (!begun(step) || afterStep.times >= times) return;
    afterStep.times++;
    for (const slot of slots) spoil(memory, slot);
  };
  afterStep.times = 0;
  return afterStep;
}

/**
 * For each of `count` nodes, whether it is past the step from which on all of them are waited for. The first attempt of a node
 * is not measured, and beside threads no step waits for its answer before one was.
 */
function onceAllAreWaitedFor(count: number): ((step: number) => boolean)[] {
  const attempts = new Array<number>(count).fill(0);
  let waited = 0;
  return attempts.map((_, node) => (step) => {
    if (++attempts[node]! === 3) waited = Math.max(waited, step);
    return Math.min(...attempts) >= 3 && step > waited;
  });
}

const value = (wrong: number) => (memory: RunMemory, slot: number) => {
  memory.vector(memory.plan.slots[slot]!.vector)[77] = wrong;
};
const loss = (memory: RunMemory, slot: number) => {
  memory.doubles[memory.plan.slots[slot]!.sums / 8] = Number.NaN;
};

test.each([
  ['a NaN', value(Number.NaN)],
  ['an infinity', value(Number.NEGATIVE_INFINITY)],
  ['a loss of NaN', loss],
])('%s from one of two nodes: it is evicted with 4040, and the bits are right', async (_, spoil) => {
  await withCluster(
    { ...digits.short, minWorkers: 2 },
    async (cluster) => {
      const afterStep = spoiler(spoil);
      const bad = cluster.node({ name: 'bad', data: digits.data, afterStep });
      cluster.node({ name: 'good', data: digits.data });
      const { error } = await bad.ended;
      expect(error).toMatchObject({ exitCode: 1, why: expect.stringMatching(/^nonFinite: not finite in shard/) });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(afterStep.times).toBe(1);
      expect(cluster.log.evicted).toMatchObject([{ name: 'bad', eviction: 'non_finite' }]);
    },
    patient,
  );
});

// so many that the node's first answers are there long before the last, however fast the thread is
const many = { epochs: 20 };

test('from a node beside threads of the coordinator', async () => {
  await withCluster(
    { ...digits.short, ...many, threads: 1, minWorkers: 2 },
    async (cluster) => {
      const [begun] = onceAllAreWaitedFor(1);
      const afterStep = spoiler(value(Number.NaN), { begun: begun! });
      cluster.node({ name: 'bad', data: digits.data, afterStep });
      expect(await cluster.bits()).toEqual(await digits.baseline(many));
      expect(afterStep.times).toBe(1);
      expect(cluster.log.evicted).toMatchObject([{ name: 'bad', eviction: 'non_finite' }]);
    },
    patient,
  );
});

test('from both nodes: the run stops with step, shard and samples named', async () => {
  await withCluster(
    { ...digits.short, minWorkers: 2 },
    async (cluster) => {
      for (const name of ['a', 'b']) {
        cluster.node({ name, data: digits.data, afterStep: spoiler(value(Number.NaN)) });
      }
      await expect(cluster.outcome).rejects.toMatchObject({
        exitCode: 1,
        what: expect.stringMatching(
          /^step 0: the gradient of shard \d is not finite, from worker \d and from worker \d$/,
        ),
        why: expect.stringMatching(/its samples are the training images \d+(, \d+){7}$/),
      });
    },
    patient,
  );
});

test('from the only node, twice: the run stops', async () => {
  await withCluster(digits.short, async (cluster) => {
    cluster.node({ name: 'a', data: digits.data, afterStep: spoiler(value(Number.NaN)) });
    const what = expect.stringMatching(/^step 0: the gradient of shard 0 is not finite, from worker 1, twice$/);
    await expect(cluster.outcome).rejects.toMatchObject({ exitCode: 1, what });
  });
});

test('from the only node, once: it is warned of, and the bits are right', async () => {
  await withCluster(digits.short, async (cluster) => {
    const afterStep = spoiler(value(Number.NaN), { times: 1 });
    cluster.node({ name: 'a', data: digits.data, afterStep });
    expect(await cluster.bits()).toEqual(await digits.baseline());
    expect(afterStep.times).toBe(1);
    expect(cluster.log.of('workerDoubted')).toMatchObject([{ workerId: 1 }]);
    expect(cluster.log.evicted).toEqual([]);
  });
});

describe('an evaluation with', () => {
  const spoiled = (wrong: number, asked: SplitName) => (split: SplitName, memory: RunMemory, first: number) => {
    if (split === asked) memory.doubles[memory.partSumsAt(first) / 8] = wrong;
  };
  const evicted = (split: string) => [
    { name: 'bad', eviction: 'non_finite', reason: expect.stringContaining(`of the ${split} split`) },
  ];

  test.each<[string, number, SplitName, number]>([
    ['NaN in the validation split', Number.NaN, 'validation', 0],
    ['an infinity in the validation split', Number.POSITIVE_INFINITY, 'validation', 1],
    ['NaN in the test split', Number.NaN, 'test', 0],
    ['a negative infinity in the test split', Number.NEGATIVE_INFINITY, 'test', 1],
  ])('%s from one of two: it is evicted with 4040, and the figures are right', async (_, wrong, split, threads) => {
    const use = async (cluster: Cluster) => {
      const bad = cluster.node({ name: 'bad', data: digits.data, afterParts: spoiled(wrong, split) });
      if (threads === 0) cluster.node({ name: 'good', data: digits.data });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect((await bad.ended).error).toMatchObject({
        exitCode: 1,
        why: expect.stringMatching(/^nonFinite: not finite/),
      });
      expect(cluster.log.evicted).toMatchObject(evicted(split));
    };
    await withCluster({ ...digits.short, threads, minWorkers: 2 }, use, patient);
  });

  test('NaN from the only node', async () => {
    await withCluster(digits.short, async (cluster) => {
      cluster.node({ name: 'bad', data: digits.data, afterParts: spoiled(Number.NaN, 'test') });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect(cluster.log.evicted).toMatchObject(evicted('test'));
    });
  });

  test('NaN from the coordinator itself too: it is the truth, and nobody is evicted', async () => {
    const makeEngine: Wiring['makeEngine'] = async (spec, memory, worker) => {
      const engine = await wiring.makeEngine(spec, memory, worker);
      return changed(engine, {
        evaluatePart(split, chunk, step, epoch) {
          engine.evaluatePart(split, chunk, step, epoch);
          memory.doubles[memory.partSumsAt(chunk) / 8] = Number.NaN;
        },
      });
    };
    const use = async (cluster: Cluster) => {
      cluster.node({ name: 'a', data: digits.data, afterParts: spoiled(Number.NaN, 'test') });
      const { test: figures } = (await cluster.outcome).summary;
      expect(figures.loss).toBeNaN();
      expect(cluster.log.evicted).toEqual([]);
    };
    await withCluster(digits.short, use, { makeEngine });
  });

  test.each([1e308, -1e308, -1e6])('a loss sum of %d is refused with 4032', async (wrong) => {
    const use = async (cluster: Cluster) => {
      const bad = cluster.node({ name: 'bad', data: digits.data, afterParts: spoiled(wrong, 'validation') });
      cluster.node({ name: 'good', data: digits.data });
      expect(await cluster.bits()).toEqual(await digits.baseline());
      expect((await bad.ended).error).toMatchObject({
        why: expect.stringMatching(/^badField: evaluated part \d: a loss/),
      });
    };
    await withCluster({ ...digits.short, minWorkers: 2 }, use, patient);
  });
});

describe('gradients that are finite, and whose sum is not:', () => {
  const huge = value(3e38);
  // the first layer's bias is taken off its weights
  const opposed = (memory: RunMemory, slot: number) => {
    const { inputs, stride } = memory.plan.firstLayer;
    memory
      .vector(memory.plan.slots[slot]!.vector)
      .fill(-3e38, 0, inputs * stride)
      .fill(3e38, inputs * stride, inputs * stride + 1);
  };

  test.each([0, 1])('from two nodes of three, and %d threads of the coordinator', async (threads) => {
    await withCluster(
      { ...digits.short, ...many, threads, minWorkers: 3 + threads },
      async (cluster) => {
        const bad = onceAllAreWaitedFor(2).map((begun) =>
          cluster.node({ name: 'bad', data: digits.data, afterStep: spoiler(huge, { begun }) }),
        );
        cluster.node({ name: 'good', data: digits.data });
        expect(await cluster.bits()).toEqual(await digits.baseline(many));
        for (const { ended } of bad) {
          const why = expect.stringMatching(/^nonFinite: the sum of step \d+ is not finite/);
          expect((await ended).error).toMatchObject({ exitCode: 1, why });
        }
        const wrong = { name: 'bad', eviction: 'non_finite' };
        expect(cluster.log.evicted).toMatchObject([wrong, wrong]);
      },
      patient,
    );
  });

  test('from one node alone, by the bias that is taken off', async () => {
    await withCluster(
      { ...digits.short, minWorkers: 2 },
      async (cluster) => {
        cluster.node({ name: 'bad', data: digits.data, afterStep: spoiler(opposed) });
        cluster.node({ name: 'good', data: digits.data });
        expect(await cluster.bits()).toEqual(await digits.baseline());
        expect(cluster.log.evicted).toMatchObject([{ name: 'bad', eviction: 'non_finite' }]);
      },
      patient,
    );
  });

  test('from the coordinator itself too: the run fails as a single worker would, and nobody is evicted', async () => {
    const makeEngine: Wiring['makeEngine'] = async (spec, memory, worker) => {
      const engine = await wiring.makeEngine(spec, memory, worker);
      return changed(engine, {
        computeBlock(at, block, slot) {
          engine.computeBlock(at, block, slot);
          huge(memory, slot);
        },
      });
    };
    const use = async (cluster: Cluster) => {
      for (const name of ['a', 'b']) cluster.node({ name, data: digits.data, afterStep: spoiler(huge) });
      const what = 'The gradient of step 0 is not finite';
      await expect(cluster.outcome).rejects.toMatchObject({ exitCode: 1, what });
      expect(cluster.log.evicted).toEqual([]);
    };
    await withCluster({ ...digits.short, minWorkers: 2 }, use, { ...patient, makeEngine });
  });
});

function changed(engine: Engine, change: Partial<Engine>): Engine {
  return {
    name: engine.name,
    computeBlock: engine.computeBlock.bind(engine),
    evaluatePart: engine.evaluatePart.bind(engine),
    updateSlice: engine.updateSlice.bind(engine),
    ...change,
  };
}
