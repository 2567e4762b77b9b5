import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { layRun } from '../../src/kernels/lay-memory.ts';
import { augmentImage, wiring } from '../../src/library.ts';
import { layoutOf } from '../../src/model/layout.ts';
import { Purpose } from '../../src/random.ts';
import { goldenJson, imagesAt, mnistData } from '../support/golden.ts';
import { refusal } from '../support/refusal.ts';

interface Case {
  readonly index: number;
  readonly angle: number;
  readonly top: number;
  readonly left: number;
  readonly pixels: string;
}

describe('augmentImage', () => {
  const { cases } = goldenJson<{ cases: Case[] }>('augmentation.json');

  test('meets torchvision pixel for pixel in all 96 cases', async () => {
    const data = await mnistData();
    expect(cases).toHaveLength(96);
    for (const { index, angle, top, left, pixels } of cases) {
      const found = augmentImage(imagesAt(data, [index]), { rows: 28, columns: 28, angle, top, left });
      expect(Buffer.from(found).toString('base64'), `image ${index}, ${angle} degrees, ${top}/${left}`).toBe(pixels);
    }
  });

  test('meets torchvision with other degrees and paddings', async () => {
    const data = await mnistData();
    const { cases: others } = goldenJson<{ cases: (Case & { crop: number })[] }>('augmentation-other.json');
    expect(others).toHaveLength(35);
    for (const { index, angle, crop: padding, top, left, pixels } of others) {
      const found = augmentImage(imagesAt(data, [index]), { rows: 28, columns: 28, angle, padding, top, left });
      expect(Buffer.from(found).toString('base64'), `image ${index}, ${angle} degrees, ${top}/${left}`).toBe(pixels);
    }
  });

  test('turns counter-clockwise by quarter turns without loss, on any size', () => {
    const pixels = Uint8Array.from([1, 2, 3, 4]);
    const shape = { rows: 2, columns: 2, top: 2, left: 2 };
    expect([...augmentImage(pixels, { ...shape, angle: 0 })]).toEqual([1, 2, 3, 4]);
    expect([...augmentImage(pixels, { ...shape, angle: 90 })]).toEqual([2, 4, 1, 3]);
    expect([...augmentImage(pixels, { ...shape, angle: -270 })]).toEqual([2, 4, 1, 3]);
    expect([...augmentImage(pixels, { ...shape, angle: 180 })]).toEqual([4, 3, 2, 1]);
  });

  test('the crop moves the image within the padding', () => {
    const pixels = Uint8Array.from([1, 2, 3, 4, 5, 6]);
    expect([...augmentImage(pixels, { rows: 2, columns: 3, angle: 0, top: 1, left: 3 })]).toEqual([0, 0, 0, 2, 3, 0]);
  });

  test('leaves its input alone, and refuses what does not fit', async () => {
    const pixels = new Uint8Array(784).fill(7);
    augmentImage(pixels, { rows: 28, columns: 28, angle: 10, top: 0, left: 0 });
    expect(pixels.every((pixel) => pixel === 7)).toBe(true);
    const good = { rows: 28, columns: 28, angle: 0, top: 2, left: 2 };
    for (const bad of [
      { top: 5 },
      { padding: 1, top: 3 },
      { padding: 65 },
      { left: -1 },
      { rows: 27 },
      { angle: Number.NaN },
      { columns: 1.5 },
    ]) {
      await refusal(() => augmentImage(pixels, { ...good, ...bad }));
    }
  });
});

test('a report shows images of any size that a run may have', () => {
  const [rows, columns] = [1500, 5000];
  const address = { rows, columns, seed: 1, purpose: Purpose.augmentTraining, epoch: 0, number: 3 };
  const seen = wiring.workbench().augmentSample(new Uint8Array(rows * columns).fill(9), address);
  expect(seen).toHaveLength(rows * columns);
  expect(seen[(rows / 2) * columns + columns / 2]).toBe(9);
  // turned, so that a corner is background
  expect(seen[0]).toBe(0);
});

test('training sees the same images, of any size: sixteen pixels at a time it turns them as one at a time', () => {
  const side = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 21, max: 150 }));
  fc.assert(
    fc.property(
      side,
      side,
      fc.nat(2 ** 31),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.oneof(
        fc.constant({ rotate: 10, crop: 2 }),
        fc.record({
          rotate: fc.integer({ min: 0, max: 1800 }).map((tenths) => tenths / 10),
          crop: fc.integer({ min: 0, max: 64 }),
        }),
      ),
      (rows, columns, seed, filled, augmentation) => {
        const [pixels, count] = [rows * columns, 4];
        const layout = layoutOf([pixels, 1, 2]);
        const counts = { trainImages: count, testImages: 0, trainingCount: count, validationCount: 0 };
        const shape = { layout, rows, columns, batchSize: count, shards: 1, seed, augment: true, workers: 1, slots: 1 };
        const memory = layRun(
          { ...shape, ...counts, augmentation, dense: true },
          wiring.sharedKernels(),
          wiring.heapBase(),
        );
        let state = seed;
        const images = Uint8Array.from({ length: count * pixels }, () => {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          return state / 2 ** 32 < filled ? 1 + (state % 255) : 0;
        });
        const none = { count: 0, rows, columns, images: new Uint8Array(0), labels: new Uint8Array(0) };
        memory.setData({ count, rows, columns, images, labels: new Uint8Array(count) }, none, new Uint32Array(0));
        memory.setOrder(
          0,
          Uint32Array.from({ length: count }, (_, i) => i),
        );
        const { scratch, dense } = memory.plan.workers[0]!;
        memory.kernels.denseSamples(memory.plan.runRecord, scratch, 1, 0, count, dense!.samples, dense!.labels);
        const rowsOfFloats = new Float32Array(memory.wasmMemory.buffer, dense!.samples, count * (pixels + 1));
        for (let number = 0; number < count; number++) {
          const image = images.subarray(number * pixels, (number + 1) * pixels);
          const address = { rows, columns, seed, purpose: Purpose.augmentTraining, epoch: 1, number, augmentation };
          const row = rowsOfFloats.subarray(number * (pixels + 1), number * (pixels + 1) + pixels);
          const found = Array.from(row, (value) => Math.round((value + 1) * 127.5));
          expect(found).toEqual([...wiring.workbench().augmentSample(image, address)]);
        }
      },
    ),
    { numRuns: 200, seed: 12 },
  );
}, 60_000);
