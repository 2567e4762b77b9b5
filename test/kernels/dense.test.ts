// Samples as matrices: what TensorFlow.js is fed must be what the kernels train on.

import { expect, test } from 'vitest';
import { layRun } from '../../src/kernels/lay-memory.ts';
import { wiring } from '../../src/library.ts';
import { layoutOf } from '../../src/model/layout.ts';
import { Purpose } from '../../src/random.ts';
import { mnistData } from '../support/golden.ts';

const [rows, columns] = [28, 28];
const pixels = rows * columns;
const seed = 7;

async function laidOut(augment: boolean) {
  const { train, test: testSet } = await mnistData();
  const counts = { trainImages: train.count, testImages: testSet.count, trainingCount: 4, validationCount: 3 };
  const shape = { layout: layoutOf([pixels, 8, 10]), rows, columns, batchSize: 4, shards: 1, seed, augment };
  const whole = { ...shape, ...counts, workers: 1, slots: 1, dense: true };
  const memory = layRun(whole, wiring.sharedKernels(), wiring.heapBase());
  const { plan, kernels } = memory;
  memory.setData(train, testSet, Uint32Array.from([11, 12, 59_999]));
  memory.setOrder(0, Uint32Array.from([5, 0, 41_000, 3]));
  const { scratch, dense } = plan.workers[0]!;
  const read = (count: number) => ({
    samples: new Float32Array(memory.wasmMemory.buffer, dense!.samples, count * (pixels + 1)).slice(),
    labels: [...memory.bytes.subarray(dense!.labels, dense!.labels + count)],
  });
  return { train, testSet, plan, run: memory, kernels, scratch, dense: dense!, read };
}

function normalised(image: Uint8Array): number[] {
  return Array.from(image, (p) => (p / 255 - 0.5) / 0.5);
}

function imageOf(images: Uint8Array, number: number): Uint8Array {
  return images.subarray(number * pixels, (number + 1) * pixels);
}

/** The image as augmented at (seed, purpose, epoch, number). */
function augmented(images: Uint8Array, purpose: Purpose, epoch: number, number: number): Uint8Array {
  const image = imageOf(images, number);
  return wiring.workbench().augmentSample(image, { rows, columns, seed, purpose, epoch, number });
}

function expectRows(samples: Float32Array, images: readonly Uint8Array[]) {
  const expected = images.flatMap((image) => [...normalised(image), 1]);
  expect(samples).toHaveLength(expected.length);
  const largest = samples.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  expect(largest).toBeLessThan(1e-6);
}

test.each([true, false])('training samples, augmented: %s', async (augment) => {
  const { train, plan, kernels, scratch, dense, read } = await laidOut(augment);
  kernels.denseSamples(plan.runRecord, scratch, 2, 1, 4, dense.samples, dense.labels);
  const { samples, labels } = read(3);
  const numbers = [0, 41_000, 3];
  expect(labels).toEqual(numbers.map((number) => train.labels[number]));
  expectRows(
    samples,
    numbers.map((number) =>
      augment ? augmented(train.images, Purpose.augmentTraining, 2, number) : imageOf(train.images, number),
    ),
  );
});

test('validation images by their numbers, as they are and augmented', async () => {
  const { train, plan, kernels, scratch, dense, read } = await laidOut(true);
  for (const purpose of [0, Purpose.augmentValidation] as const) {
    const { runRecord, images, labels, validationNumbers } = plan;
    kernels.denseImages(
      runRecord,
      scratch,
      images,
      labels,
      validationNumbers,
      1,
      3,
      purpose,
      4,
      dense.samples,
      dense.labels,
    );
    const found = read(2);
    expect(found.labels).toEqual([train.labels[12], train.labels[59_999]]);
    const expected = [12, 59_999].map((number) =>
      purpose === 0 ? imageOf(train.images, number) : augmented(train.images, purpose, 4, number),
    );
    expectRows(found.samples, expected);
  }
});

test('test images in their order', async () => {
  const { testSet, plan, kernels, scratch, dense, read } = await laidOut(true);
  const { runRecord, testImages, testLabels } = plan;
  kernels.denseImages(runRecord, scratch, testImages, testLabels, 0, 9998, 10_000, 0, 0, dense.samples, dense.labels);
  const { samples, labels } = read(2);
  expect(labels).toEqual([...testSet.labels.subarray(9998)]);
  expectRows(samples, [imageOf(testSet.images, 9998), imageOf(testSet.images, 9999)]);
});
