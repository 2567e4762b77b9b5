// The promise: whoever does the work, the bits are those of the single-worker baseline (--threads 0).

import { afterAll, describe, expect, test } from 'vitest';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { makeDigits } from '../support/digits.ts';
import { makeDisorderedEngine } from '../support/disordered-engine.ts';
import { bitsOf, traced } from '../support/train.ts';

const digits = await makeDigits(6000, 1100);
afterAll(() => digits.remove());

// 1000 samples in batches of 128 make 8 steps, the last with 104 samples; two epochs, validation and test.
const short: Partial<TrainOptions> = { ...digits.short, hidden: [128, 64], batchSize: 128, limitTrain: 1000 };

/** The one test of equality that everything here goes through. */
async function expectBaseline(found: Awaited<ReturnType<typeof traced>>, options: Partial<TrainOptions>) {
  expect(bitsOf(found)).toEqual(await digits.baseline(options));
}

describe('the same bits as one worker', () => {
  test.each([1, 2, 3, 5, 8])('with %d threads', async (threads) => {
    await expectBaseline(await traced({ ...short, threads }), short);
  });

  test.each<[string, Partial<TrainOptions>]>([
    ['a batch size that the shards do not divide', { batchSize: 100, limitTrain: 450 }],
    ['a last batch with fewer samples than shards', { batchSize: 64, limitTrain: 195 }],
    ['a whole epoch smaller than the number of shards', { limitTrain: 5 }],
    ['batches of many passes', { batchSize: 2048, limitTrain: 5000, epochs: 1 }],
    ['batches of more passes than one', { batchSize: 512, limitTrain: 1300 }],
    ['one shard', { shards: 1, limitTrain: 400 }],
    ['64 shards', { shards: 64, limitTrain: 400 }],
    ['other widths, not multiples of four', { hidden: [33, 7, 5], limitTrain: 400 }],
    ['no augmentation', { augment: false, limitTrain: 400 }],
    ['augmented validation', { augmentValidation: true, limitTrain: 400 }],
    ['no validation', { valSize: 0, limitTrain: 400 }],
    ['an epoch cut short', { maxSteps: 5 }],
  ])('with %s', async (_, options) => {
    const all = { ...short, ...options };
    await expectBaseline(await traced({ ...all, threads: 3 }), all);
  });

  test('twice in a row', async () => {
    const first = await traced({ ...short, threads: 2 });
    const second = await traced({ ...short, threads: 2 });
    expect(bitsOf(second)).toEqual(bitsOf(first));
  });

  test('another seed, and another number of shards, give other digests', async () => {
    const options = { ...short, epochs: 1, threads: 2 };
    const digests = [];
    for (const change of [{}, { seed: 43 }, { shards: 4 }]) {
      digests.push((await traced({ ...options, ...change })).summary.digest);
    }
    expect(new Set(digests).size).toBe(3);
  });

  test('negative control: a reducer that adds in another order fails the same test', async () => {
    const options = { ...short, epochs: 1 };
    const disordered = await traced({ ...options, threads: 0 }, { makeEngine: makeDisorderedEngine });
    await expect(expectBaseline(disordered, options)).rejects.toThrow(/deeply equal/);
  });

  test('an epoch counts each training sample once, the last, smaller batch too', async () => {
    const { history } = await traced({ ...short, threads: 2 });
    expect(history).toMatchObject([
      { epoch: 1, steps: 8, samples: 1000 },
      { epoch: 2, steps: 16, samples: 1000 },
    ]);
  });

  test('more workers than shards give one warning', async () => {
    const { warnings } = await traced({ ...short, limitTrain: 100, shards: 2, threads: 3 });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/3 workers but only 2 shards.*1 of them.*idle.*changes the digest/);
  });
});
