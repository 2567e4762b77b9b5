// A node's memory goes from its last run to the next, with the data in it, and shows nothing else of that run.

import { describe, expect, test } from 'vitest';
import { type Dataset, datasetAt } from '../../../src/data/dataset.ts';
import { runMemoryOn } from '../../../src/kernels/lay-memory.ts';
import { type MemoryPlan, planMemory } from '../../../src/kernels/memory-plan.ts';
import { wiring } from '../../../src/library.ts';
import { layoutOf } from '../../../src/model/layout.ts';
import { datasetDigest } from '../../../src/wire/dataset-bytes.ts';
import { KnownData } from '../../../worker/node/known-data.ts';
import { SpareMemory } from '../../../worker/node/spare-memory.ts';

function planOf(trainImages: number, seed = 1): MemoryPlan {
  const counts = { trainImages, testImages: 20, trainingCount: 40, validationCount: 10 };
  const shape = {
    layout: layoutOf([784, 8, 10]),
    rows: 28,
    columns: 28,
    batchSize: 8,
    shards: 2,
    seed,
    augment: true,
  };
  return planMemory({ ...shape, ...counts, workers: 1, slots: 2 }, wiring.heapBase());
}

/** Stands in the memory, each byte 5. */
function dataIn(memory: WebAssembly.Memory, plan: MemoryPlan): Dataset {
  const { dataPlace } = runMemoryOn(memory, plan, wiring.sharedKernels());
  for (const part of [dataPlace.train, dataPlace.test]) for (const bytes of Object.values(part)) bytes.fill(5);
  const { rows, columns, trainImages, testImages } = plan.shape;
  return datasetAt(
    {
      train: { count: trainImages, rows, columns },
      test: { count: testImages, rows, columns },
      classes: 10,
      classNames: null,
      validation: 0,
    },
    dataPlace,
  );
}

describe('SpareMemory', () => {
  test('what was given back is taken again, and is as if it were new, with the data where they stood', () => {
    const plan = planOf(50);
    const memories = new SpareMemory();
    const first = memories.take(plan, null);
    const fresh = new Uint8Array(first.buffer).slice();
    // the plan's records stand in it, so this is not a comparison of zeros
    expect(fresh.some((byte) => byte !== 0)).toBe(true);
    const data = dataIn(first, plan);
    new Uint8Array(first.buffer).fill(7, 0, plan.images).fill(7, plan.validationNumbers);
    memories.giveBack(first);

    // of another run on the same data
    const second = memories.take(planOf(50, 2), data);
    expect(second).toBe(first);
    for (const bytes of [data.train.images, data.train.labels, data.test.images, data.test.labels]) {
      expect(bytes.every((byte) => byte === 5)).toBe(true);
      bytes.fill(0);
    }
    const expected = new SpareMemory().take(planOf(50, 2), null);
    expect(Buffer.compare(new Uint8Array(second.buffer).slice(), new Uint8Array(expected.buffer))).toBe(0);
  });

  test('nobody is given what another still has, what does not fit, nor where other data stand than the run is of', () => {
    const plan = planOf(50);
    const memories = new SpareMemory();
    const first = memories.take(plan, null);
    const data = dataIn(first, plan);
    expect(memories.take(plan, data)).not.toBe(first);
    memories.giveBack(first);
    const larger = memories.take(planOf(5000), data);
    expect(larger.buffer.byteLength).toBeGreaterThan(first.buffer.byteLength);
    for (const other of [null, dataIn(larger, planOf(5000))]) {
      memories.giveBack(first);
      expect(memories.take(plan, other)).not.toBe(first);
    }
    expect(data.train.images.every((byte) => byte === 5)).toBe(true);
  });
});

describe('KnownData', () => {
  const dataset = (label: number): Dataset => {
    const set = { count: 1, rows: 1, columns: 1, images: Uint8Array.of(1), labels: Uint8Array.of(label) };
    return { train: set, test: set, classes: 10, classNames: null, validation: 0 };
  };

  test("a node's own data stay known, where they stand now; of those that it was sent the last", () => {
    const [own, moved, sent, other] = [dataset(1), dataset(1), dataset(2), dataset(3)];
    const known = new KnownData(own);
    const digest = datasetDigest(own);
    expect(known.get(digest)).toBe(own);
    known.moved('sent', sent);
    expect([known.get(digest), known.get('sent')]).toEqual([own, sent]);
    known.moved(digest, moved);
    expect([known.get(digest) === moved, known.get('sent')]).toEqual([true, null]);
    known.moved('other', other);
    expect([known.get(digest) === moved, known.get('other') === other]).toEqual([true, true]);
  });

  test('a node without data of its own knows those of its last run', () => {
    const known = new KnownData(null);
    expect(known.get('')).toBe(null);
    known.moved('sent', dataset(2));
    expect(known.get('sent')).toEqual(dataset(2));
  });
});
