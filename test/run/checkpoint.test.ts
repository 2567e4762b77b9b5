// The two files of a checkpoint: what is written is read back to the bit, and any change of either is found out.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/formats/safetensors.ts';
import { BiasPowers } from '../../src/model/adam.ts';
import { layoutOf } from '../../src/model/layout.ts';
import {
  type Checkpoint,
  checkpointName,
  decodeCheckpoint,
  encodeCheckpoint,
  stepOfName,
  verifyCheckpoint,
} from '../../src/run/checkpoint.ts';

const layout = layoutOf([4, 3, 2]);

const vector = fc
  .array(fc.nat(0xffff_ffff), { minLength: layout.parameters, maxLength: layout.parameters })
  .map((bits) => new Float32Array(Uint32Array.from(bits).buffer));
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const anyNumber = fc.double();
const figures = fc.record({ loss: anyNumber, accuracy: anyNumber });
const sha = fc.stringMatching(/^[0-9a-f]{64}$/);
const epoch = fc.record({
  train: figures,
  validation: fc.option(figures),
  samples: fc.nat(),
  timing: fc.record({ seconds: finite, samplesPerSecond: anyNumber }),
  steps: fc.integer({ min: 1, max: 1000 }),
});
const position = fc
  .record({
    epochs: fc.array(epoch, { maxLength: 20 }),
    more: fc.nat(2 ** 31),
    sums: fc.record({ lossSum: anyNumber, correctCount: fc.nat(), sampleCount: fc.nat() }),
    trainingSeconds: finite,
  })
  .map(({ epochs, more, ...rest }) => {
    let step = 0;
    const history = epochs.map(({ train, validation, samples, steps }, i) => {
      step += steps;
      return { epoch: i + 1, steps: step, train, validation, samples };
    });
    const { beta1Power, beta2Power } = BiasPowers.after(step + more);
    return { step: step + more, beta1Power, beta2Power, history, timings: epochs.map(({ timing }) => timing), ...rest };
  });
const arbitrary: fc.Arbitrary<Checkpoint> = fc.record({
  position,
  validation: fc.option(figures),
  facts: fc.record({
    config: fc.constant({ lr: 0.001, data: 'a "name"\n}' }),
    engine: fc.string(),
    dataDigest: sha,
  }),
  changes: fc.array(fc.record({ step: fc.nat(), name: fc.string(), from: finite, to: finite })),
  program: fc.string(),
  seconds: finite,
  state: fc.record({ parameters: vector, firstMoments: vector, secondMoments: vector }),
  receipts: fc.option(fc.record({ bytes: fc.nat(), link: sha })),
  bestParameters: fc.option(vector),
});

const bitsOf = (values: Float32Array) => [...new Uint32Array(values.buffer)];
/** JSON has no -0, and none of the figures can be one. */
function withoutMinusZero(value: unknown): unknown {
  if (typeof value === 'number') return value + 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutMinusZero(each)]));
}

function verified(state: string, tensors: Uint8Array) {
  const found = verifyCheckpoint(state, tensors);
  if ('why' in found) throw new Error(found.why);
  return found.body;
}

describe('a checkpoint', () => {
  it('comes back to the bit, NaNs and float64 figures too', () => {
    fc.assert(
      fc.property(arbitrary, (checkpoint) => {
        const { tensors, state } = encodeCheckpoint(layout, checkpoint);
        const read = decodeCheckpoint(layout, verified(state, tensors), tensors)!;
        for (const vector of ['parameters', 'firstMoments', 'secondMoments'] as const) {
          expect(bitsOf(read.state[vector])).toEqual(bitsOf(checkpoint.state[vector]));
        }
        const best = (of: Checkpoint) => of.bestParameters && bitsOf(of.bestParameters);
        expect(best(read)).toEqual(best(checkpoint));
        const { state: _, bestParameters: _best, ...rest } = checkpoint;
        const { state: __, bestParameters: __best, ...readRest } = read;
        expect(readRest).toEqual(withoutMinusZero(rest));
      }),
    );
  });

  it('has the tensors under PyTorch names', () => {
    const [checkpoint] = fc.sample(arbitrary, 1);
    const withoutBest = { ...checkpoint!, bestParameters: null };
    const { tensors } = decodeSafetensors(encodeCheckpoint(layout, withoutBest).tensors, 'x');
    expect(tensors.map(({ name, shape }) => [name, shape])).toEqual(
      ['', '.exp_avg', '.exp_avg_sq'].flatMap((suffix) => [
        [`fc1.weight${suffix}`, [3, 4]],
        [`fc1.bias${suffix}`, [3]],
        [`fc2.weight${suffix}`, [2, 3]],
        [`fc2.bias${suffix}`, [2]],
      ]),
    );
  });

  it('is found out to be damaged wherever a byte is another', () => {
    const [checkpoint] = fc.sample(arbitrary, { numRuns: 1, seed: 1 });
    const { tensors, state } = encodeCheckpoint(layout, checkpoint!);
    const text = Buffer.from(state);
    for (let at = 0; at < text.length; at++) {
      const flipped = Buffer.from(text);
      flipped[at]! ^= 1 << (at % 8);
      expect(verifyCheckpoint(flipped.toString(), tensors), `byte ${at}`).toHaveProperty('why');
    }
    for (let at = 0; at < tensors.length; at++) {
      const flipped = tensors.slice();
      flipped[at]! ^= 1 << (at % 8);
      expect(verifyCheckpoint(state, flipped), `byte ${at}`).toHaveProperty('why');
    }
  });

  it('is found out to be damaged wherever it is cut off', () => {
    const [checkpoint] = fc.sample(arbitrary, { numRuns: 1, seed: 2 });
    const { tensors, state } = encodeCheckpoint(layout, checkpoint!);
    for (let length = 0; length < state.length; length++) {
      expect(verifyCheckpoint(state.slice(0, length), tensors)).toHaveProperty('why');
    }
    for (let length = 0; length < tensors.length; length++) {
      expect(verifyCheckpoint(state, tensors.subarray(0, length))).toHaveProperty('why');
    }
  });

  it('of another network is no checkpoint of this one', () => {
    const [checkpoint] = fc.sample(arbitrary, 1);
    const { tensors, state } = encodeCheckpoint(layout, checkpoint!);
    const body = verified(state, tensors);
    for (const widths of [
      [4, 3, 3],
      [4, 3, 2, 2],
      [3, 4, 2],
    ]) {
      expect(decodeCheckpoint(layoutOf(widths), body, tensors)).toBeNull();
    }
  });
});

describe('its name', () => {
  it('tells the step, and sorts like it', () => {
    expect(checkpointName(430)).toBe('step-00000430');
    for (const step of [0, 430, 99_999_999, 2 ** 32 - 1]) expect(stepOfName(checkpointName(step))).toBe(step);
    for (const name of ['.new-step-00000430', 'step-430', 'step-00000430.bak', 'best'])
      expect(stepOfName(name)).toBeNull();
  });
});
