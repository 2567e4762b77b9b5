// Steps that threads share, tile by tile and slice by slice, against whole tree nodes and their commit: the same bits,
// whoever does what, in whatever order, also where a dead worker's tile or slice is done again.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blocksOfStep } from '../../coordinator/executors/step-tasks.ts';
import { REST_GROUPS, ROW_GROUPS } from '../../src/kernels/kernels.ts';
import { layRun } from '../../src/kernels/lay-memory.ts';
import { committedHash } from '../../src/kernels/parameter-hash.ts';
import { passesOf, passGridOf } from '../../src/kernels/pass-grid.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { wiring } from '../../src/library.ts';
import { initialParameters } from '../../src/model/init.ts';
import { layoutOf } from '../../src/model/layout.ts';
import { digestOf } from '../../src/run/digest.ts';
import { rootLevel } from '../../src/tree.ts';
import { makeEngine } from '../../worker/engines/make-engine.ts';
import { randomCase } from '../support/random-case.ts';

interface Case {
  readonly seed: number;
  readonly hidden: readonly number[];
  readonly batchSize: number;
  readonly shards: number;
  /** Samples of all steps: the last one's batch may be short. */
  readonly count: number;
  readonly augment: boolean;
}

const WORKERS = 3;

function prepare({ seed, hidden, batchSize, shards, count, augment }: Case): RunMemory {
  const { rows, columns, classes, images, labels } = randomCase(seed, hidden, 4, count, 0.3);
  const layout = layoutOf([rows * columns, ...hidden, classes]);
  const shape = { layout, rows, columns, batchSize, shards, seed, augment, workers: WORKERS, slots: 1 };
  const counts = { trainImages: count, trainingCount: count, testImages: 0, validationCount: 0 };
  const memory = layRun({ ...shape, ...counts }, wiring.sharedKernels(), wiring.heapBase());
  const none = { count: 0, rows, columns, images: new Uint8Array(0), labels: new Uint8Array(0) };
  memory.setData({ count, rows, columns, images, labels }, none, new Uint32Array(0));
  memory.setOrder(
    0,
    Uint32Array.from({ length: count }, (_, i) => count - 1 - i),
  );
  memory.setState(0, initialParameters(layout, seed));
  memory.setTreeNodes([{ level: rootLevel(shards), index: 0 }], [0]);
  return memory;
}

/** What a step left: the parameters and moments that the next one reads, and the figures of the batch. */
function leftBy(memory: RunMemory, step: number): string {
  const { parameters, firstMoments, secondMoments } = memory.state(step + 1);
  const { lossSum, correctCount, sampleCount } = memory.sums(memory.plan.slots[0]!.sums);
  const partials = new Float32Array(memory.wasmMemory.buffer, memory.plan.partials[(step + 1) & 1]!, 16);
  const vectors = [parameters, firstMoments, secondMoments, partials].map(digestOf);
  return [...vectors, committedHash(memory, step), lossSum, correctCount, sampleCount].join(' ');
}

const steps = ({ batchSize, count }: Case) =>
  Array.from({ length: Math.ceil(count / batchSize) }, (_, step) => ({
    at: { epoch: 0, step, stepInEpoch: step },
    samples: Math.min(batchSize, count - step * batchSize),
  }));

const scalars = { learningRate: 0.01, beta1Power: 0.9, beta2Power: 0.999, decay: 0 };

async function byBlocks(given: Case): Promise<string[]> {
  const memory = prepare(given);
  const engine = await makeEngine({ name: 'wasm', augmentValidation: false }, memory, 0);
  return steps(given).map(({ at, samples }) => {
    memory.setStepScalars(at.step, scalars);
    engine.computeBlock(at, { level: rootLevel(given.shards), index: 0 }, 0);
    for (let slice = 0; slice <= ROW_GROUPS; slice++) engine.updateSlice(at.step, 1, samples, slice);
    return leftBy(memory, at.step);
  });
}

/** Each task by a drawn worker, in a drawn order, and some of them twice. */
async function byPasses(given: Case): Promise<string[]> {
  const memory = prepare(given);
  const spec = { name: 'wasm', augmentValidation: false };
  const engines = await Promise.all(Array.from({ length: WORKERS }, (_, worker) => makeEngine(spec, memory, worker)));
  let state = given.seed;
  const draw = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const all = (tasks: number, work: (task: number, worker: number) => void) => {
    const left = Array.from({ length: tasks }, (_, task) => task);
    while (left.length > 0) {
      const [task] = left.splice(draw(left.length), 1);
      for (let times = draw(4) === 0 ? 2 : 1; times > 0; times--) work(task!, draw(WORKERS));
    }
  };
  const { grid } = memory.plan;
  return steps(given).map(({ at, samples }) => {
    memory.setStepScalars(at.step, scalars);
    for (let pass = 0; pass < passesOf(grid, given.shards); pass++) {
      all(grid.passGroups, (tile, worker) => engines[worker]!.shared!.computeTile(at, pass, tile));
      all(ROW_GROUPS + REST_GROUPS, (slice, worker) => engines[worker]!.shared!.sumSlice(at, pass, slice, samples));
    }
    engines[0]!.shared!.sumLosses(at);
    return leftBy(memory, at.step);
  });
}

const cases: fc.Arbitrary<Case> = fc.record({
  seed: fc.nat(2 ** 31),
  hidden: fc.array(
    fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 70 }) }, fc.integer({ min: 253, max: 300 })),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
  batchSize: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 700 })),
  shards: fc.constantFrom(1, 2, 4, 8, 16, 64),
  count: fc.integer({ min: 1, max: 900 }),
  augment: fc.boolean(),
});

test('tiles and slices come to the bits of whole nodes', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (given) => {
      expect(await byPasses(given)).toEqual(await byBlocks(given));
    }),
    { numRuns: 60, seed: 12 },
  );
}, 60_000);

test('a batch is cut into tiles of at most 16 samples, and passes of at most 64 tiles', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 70_000 }),
      fc.integer({ min: 0, max: 8 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 9 }),
      (batchSize, level, long, workers) => {
        const shards = 2 ** level;
        const layout = layoutOf([4, long ? 256 : 252, 3]);
        const grid = passGridOf(batchSize, shards, layout, workers);
        const { shardTiles, passShards, shardPasses, passTiles, groupTiles, passGroups } = grid;
        expect(shardTiles * 16).toBeGreaterThanOrEqual(Math.ceil(batchSize / shards));
        expect(passTiles).toBeLessThanOrEqual(64);
        expect(shards % passShards).toBe(0);
        // long rows serve several tiles, and each tile is in one group; what threads share is at least two groups, if it is large
        const shared = workers > 1 && blocksOfStep(workers, shards, passesOf(grid, shards)) === null;
        if (!long) expect(groupTiles).toBe(1);
        else if (workers === 1) expect(groupTiles).toBe(Math.min(8, passTiles));
        else if (shared) expect(groupTiles).toBe(Math.min(4, passTiles));
        else expect([4, 8, passTiles]).toContain(groupTiles);
        expect(passGroups).toBe(Math.ceil(passTiles / groupTiles));
        if (shardPasses > 1) expect(passShards).toBe(1);
        // parts of a shard are as even as they can be
        expect(passTiles).toBe(shardPasses > 1 ? Math.ceil(shardTiles / shardPasses) : passShards * shardTiles);
      },
    ),
  );
});
