// --without as part of a run's configuration: recorded, compared, refused. Its bits: without.slow.ts.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dataset } from '../../src/data/dataset.ts';
import { splitImages } from '../../src/data/sampler.ts';
import { loadDataset } from '../../src/host/data/load-dataset.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { numberList } from '../../src/options/value-kinds.ts';
import { refusal } from '../support/refusal.ts';
import { bitsOnDisk, runOnDisk, warningsOf } from '../support/run-on-disk.ts';
import { makeTenSteps, type TenSteps } from '../support/ten-steps.ts';

let ten: TenSteps;
let short: Partial<TrainOptions>;
let loaded: Dataset;
const place = () => ten.place();

beforeAll(async () => {
  ten = await makeTenSteps(7);
  ({ short } = ten);
  loaded = await loadDataset(ten.data);
});
afterAll(() => ten.remove());

const idsOf = (images: readonly number[]) => String(numberList('image').fromText(images.join(',')));

describe('a run without some samples', () => {
  test('is part of the configuration: recorded, compared, and the same when it goes on', async () => {
    const whole = place();
    await runOnDisk({ ...short, out: whole });
    const fork = place();
    await runOnDisk({ resume: whole, from: 14, without: '3,5-9', allowChange: ['without'], out: fork });
    const config = JSON.parse(await readFile(join(fork, 'config.json'), 'utf8'));
    expect(config.without).toBe('3,5-9');
    expect(config.record.changes).toEqual([{ step: 14, epochsDone: 1, name: 'without', from: null, to: '3,5-9' }]);
    // interrupted, it goes on with it
    const cut = place();
    await runOnDisk({ resume: whole, from: 14, without: '3,5-9', allowChange: ['without'], maxSteps: 17, out: cut });
    await runOnDisk({ resume: cut, maxSteps: 30 });
    expect(await bitsOnDisk(cut)).toEqual(await bitsOnDisk(fork));
    const error = await refusal(() => runOnDisk({ resume: fork, without: '3,5-8', epochs: 4 }));
    expect(error.message).toMatch(/another without.*was 3,5-9 and is 3,5-8/s);
  });

  test('images that are not trained on are told of', async () => {
    const { validation } = splitImages(42, loaded.train.count, 50, null);
    const without = idsOf([...validation.slice(0, 2), ...splitImages(42, 340, 50, null).training.slice(0, 1)].sort());
    const ran = await runOnDisk({ ...short, seed: 42, epochs: 1, without, out: place() });
    expect(ran.events).toContainEqual(
      expect.objectContaining({ message: expect.stringMatching(/^2 of the 3 images of --without .* skips 1$/) }),
    );
    expect(warningsOf(ran)).toEqual([]);
  });
});

describe('refused, in words:', () => {
  test.each<[Partial<TrainOptions>, RegExp]>([
    [{ without: '0-339' }, /leaves nothing to train on.*all 290 samples/s],
    [{ without: '7,340' }, /names image 340, which there is not.*0 to 339/s],
    [{ without: '7,5' }, /"without" cannot be 7,5.*ascending/s],
    [{ without: 'all' }, /cannot be all/],
    [{ without: '' }, /cannot be empty/],
    [{ without: '1', engine: 'tfjs-node' }, /does not go with --engine tfjs-node/],
  ])('%j', async (change, words) => {
    const error = await refusal(() => runOnDisk({ ...short, ...change, out: place() }));
    expect(error.message).toMatch(words);
    expect(error.exitCode).toBe(2);
  });
});

test('what is typed comes into one form', () => {
  const form = (text: string) => numberList('image').fromText(text);
  expect(form('100-120, 17,5 ,6')).toBe('5-6,17,100-120');
  expect(form('1-3,2-9,10')).toBe('1-10');
  expect(form('0')).toBe('0');
  for (const wrong of ['', '5,', '-5', '9-5', '1.5', '0x1', '2147483648', 'a-b']) expect(form(wrong)).toBe(wrong);
  for (const text of ['5-6,17,100-120', '0']) expect(numberList('image').accepts(text)).toBe(true);
  for (const text of ['5,6', '17,5', '', '5,', 5, ['5']]) expect(numberList('image').accepts(text)).toBe(false);
});
