// Addresses beyond 2 GiB, as a set of three million images makes them: a word of shared memory is signed, an address is not.

import { expect, test } from 'vitest';
import { layRun } from '../../src/kernels/lay-memory.ts';
import { wiring } from '../../src/library.ts';
import { resolveOptions } from '../../src/options/config.ts';
import { shapeOf } from '../../src/run/run-shape.ts';

test('the figures of a step are added there too', () => {
  const set = { rows: 28, columns: 28, count: 3_000_000, images: new Uint8Array(0), labels: new Uint8Array(0) };
  const data = { train: set, test: { ...set, count: 1 }, classes: 10 };
  const training = new Uint32Array(64);
  const split = { training, marked: training, validation: new Uint32Array(0) };
  const shape = shapeOf(resolveOptions({}, null), data, split, 1, 2);
  // no page of it is touched but a few
  const memory = layRun(shape, wiring.sharedKernels(), wiring.heapBase());
  const { plan } = memory;
  expect(plan.slots[0]!.sums).toBeGreaterThan(2 ** 31);
  memory.setSums(plan.slots[0]!.sums, { lossSum: 1.5, correctCount: 2, sampleCount: 3 });
  memory.setSums(plan.slots[1]!.sums, { lossSum: 0.25, correctCount: 4, sampleCount: 5 });
  const nodes = [0, 1].map((index) => ({ level: 2, index }));
  memory.setTreeNodes(nodes, [0, 1]);
  memory.addTreeNodes(0, 2);
  expect(memory.stepSums(0)).toEqual({ lossSum: 1.75, correctCount: 6, sampleCount: 8 });
});
