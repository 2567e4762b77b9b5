// Layers of long rows are computed in blocks, by lists of what is not 0 or, where most is not, densely: for finite values with the
// same bits, and both with those of a loop that adds the same products in the same order.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layRun } from '../../src/kernels/lay-memory.ts';
import { LayerStoreWord, StoreWord } from '../../src/kernels/memory-records.ts';
import { LONG_ROW_BYTES } from '../../src/kernels/pass-grid.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { computeGradient, wiring } from '../../src/library.ts';
import { layoutOf } from '../../src/model/layout.ts';
import { makeEngine } from '../../worker/engines/make-engine.ts';

const f = Math.fround;

interface Case {
  readonly seed: number;
  /** Widths of the two hidden layers; the rows of the second one's weights are long. */
  readonly hidden: readonly [number, number];
  readonly count: number;
  /** How many outputs of the first hidden layer are not 0. */
  readonly density: number;
  /** All numbers by so much: small ones make products subnormal, or 0 with a sign. */
  readonly scale: number;
}

/** One pass over images of a pixel and of a few more, from one batch in one shard. */
async function compute({ seed, hidden, count, density, scale }: Case): Promise<RunMemory> {
  let state = seed >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const [rows, columns, classes] = [2, 3, 3];
  const layout = layoutOf([rows * columns, ...hidden, classes]);
  const parameters = Float32Array.from({ length: layout.parameters }, () => (random() - 0.5) * scale);
  // the first layer's biases alone decide which of its outputs are 0
  const [first] = layout.layers;
  const biases = first!.canonicalOffset + first!.inputs * first!.outputs;
  for (let o = 0; o < first!.outputs; o++) parameters[biases + o] = (random() < density ? 8 : -8) * scale;
  // weights that are 0, of either sign
  for (let i = 0; i < parameters.length; i += 7)
    if (i < biases || i >= biases + first!.outputs) parameters[i] = i % 2 ? 0 : -0;
  const shape = { layout, rows, columns, batchSize: count, shards: 1, seed, augment: false, workers: 1, slots: 1 };
  const counts = { trainImages: count, trainingCount: count, testImages: 0, validationCount: 0 };
  const memory = layRun({ ...shape, ...counts }, wiring.sharedKernels(), wiring.heapBase());
  const images = Uint8Array.from({ length: count * rows * columns }, () => (random() < 0.5 ? 0 : random() * 256));
  const labels = Uint8Array.from({ length: count }, () => Math.floor(random() * classes));
  const none = { count: 0, rows, columns, images: new Uint8Array(0), labels: new Uint8Array(0) };
  memory.setData({ count, rows, columns, images, labels }, none, new Uint32Array(0));
  memory.setOrder(0, Uint32Array.from(labels.keys()));
  memory.setState(0, parameters);
  const engine = await makeEngine({ name: 'wasm', augmentValidation: false }, memory, 0);
  for (let group = 0; group < memory.plan.grid.passGroups; group++) {
    engine.shared!.computeTile({ epoch: 0, step: 0, stepInEpoch: 0 }, 0, group);
  }
  return memory;
}

/** Of layer `l`: its inputs and deltas of sample `slot`, as its pass left them. */
function leftOf({ plan, words, wasmMemory }: RunMemory, l: number, slot: number) {
  const layers = words[plan.workers[0]!.store / 4 + StoreWord.layers]! >>> 0;
  const record = layers / 4 + Object.keys(LayerStoreWord).length * l;
  const { inputs, stride } = plan.shape.layout.layers[l]!;
  const floats = new Float32Array(wasmMemory.buffer);
  const inputsAt = (words[record + LayerStoreWord.inputs]! >>> 0) / 4 + (slot >> 4) * inputs * 16 + (slot & 15);
  const deltas = ((words[record + LayerStoreWord.deltas]! >>> 0) + slot * words[record + LayerStoreWord.pitch]!) / 4;
  return {
    inputs: Float32Array.from({ length: inputs }, (_, i) => floats[inputsAt + i * 16]!),
    deltas: floats.slice(deltas, deltas + stride),
  };
}

/** The sixteen sums of a product, and their sum, in the kernels' order. */
function product(weights: Float32Array, row: number, stride: number, deltas: Float32Array): number {
  const sums = new Float32Array(16);
  const whole = stride & ~15;
  for (let o = 0; o < stride; o++) {
    const sum = o < whole ? o % 16 : o % 4;
    sums[sum] = sums[sum]! + f(weights[row + o]! * deltas[o]!);
  }
  const lane = (i: number) => f(f(sums[i]! + sums[4 + i]!) + f(sums[8 + i]! + sums[12 + i]!));
  return f(f(lane(0) + lane(1)) + f(lane(2) + lane(3)));
}

const bitsOf = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);

const cases: fc.Arbitrary<Case> = fc.record({
  seed: fc.nat(2 ** 31),
  hidden: fc.tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: LONG_ROW_BYTES / 4, max: 320 })),
  count: fc.integer({ min: 1, max: 70 }),
  density: fc.constantFrom(0, 0.2, 0.5, 0.65, 0.75, 0.9, 1),
  scale: fc.constantFrom(1, 0.05, 1e-19, 1e-22),
});

test('forwards and backwards they have the bits of a plain loop, at any density', async () => {
  const seen = { dense: 0, sparse: 0 };
  await fc.assert(
    fc.asyncProperty(cases, async (given) => {
      const memory = await compute(given);
      const { plan } = memory;
      const layer = plan.shape.layout.layers[1]!;
      const weights = memory.vector(plan.parameters[0]).subarray(layer.offset);
      let listed = 0;
      const tiles = plan.grid.passTiles;
      const tileOf = (i: number) => Math.floor((given.count * i) / tiles);
      for (let tile = 0; tile < tiles; tile++) {
        for (let i = 0; i < tileOf(tile + 1) - tileOf(tile); i++) {
          const own = leftOf(memory, 1, tile * 16 + i);
          const next = leftOf(memory, 2, tile * 16 + i);
          const before = leftOf(memory, 0, tile * 16 + i);
          listed += own.inputs.reduce((sum, value) => sum + Number(value !== 0), 0);
          const sums = weights.slice(layer.inputs * layer.stride, (layer.inputs + 1) * layer.stride);
          own.inputs.forEach((value, row) => {
            if (value === 0) return;
            for (let o = 0; o < layer.stride; o++) sums[o] = sums[o]! + f(value * weights[row * layer.stride + o]!);
          });
          const outputs = sums.slice(0, layer.outputs).map((sum) => (sum <= 0 ? 0 : sum));
          expect(bitsOf(next.inputs)).toEqual(bitsOf(outputs));
          const expected = new Float32Array(before.deltas.length);
          own.inputs.forEach((value, row) => {
            if (value !== 0) expected[row] = product(weights, row * layer.stride, layer.stride, own.deltas);
          });
          expect(bitsOf(before.deltas)).toEqual(bitsOf(expected));
        }
      }
      seen[listed * 10 >= given.count * layer.inputs * 7 ? 'dense' : 'sparse']++;
    }),
    { numRuns: 60, seed: 31 },
  );
  expect(Math.min(seen.dense, seen.sparse)).toBeGreaterThan(10);
}, 120_000);

test('a weight that is not finite touches the samples that have its input, and no other', () => {
  const [rows, columns, classes, hidden] = [2, 3, 3, [20, 256]];
  const layout = layoutOf([rows * columns, ...hidden, classes]);
  const parameters = Float32Array.from({ length: layout.parameters }, (_, i) => Math.sin(i) / 8);
  const [first, second] = layout.layers;
  const biases = first!.canonicalOffset + first!.inputs * first!.outputs;
  // of twenty inputs one is 0: so many are dense
  for (let o = 0; o < first!.outputs; o++) parameters[biases + o] = o === 5 ? -9 : 9;
  const images = Uint8Array.from({ length: 4 * rows * columns }, (_, i) => (i * 37) % 256);
  const labels = Uint8Array.from([0, 1, 2, 0]);
  const given = { hidden, parameters, images, labels, rows, columns, classes };
  const finite = computeGradient(given);
  parameters[second!.canonicalOffset + 5] = Number.POSITIVE_INFINITY;
  const found = computeGradient(given);
  expect(found.lossSum).toBe(finite.lossSum);
  expect(bitsOf(found.gradient)).toEqual(bitsOf(finite.gradient));
});
