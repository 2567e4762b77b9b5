// Runs whose configuration was changed at the end of an epoch, as --allow-change allows: the epochs before have another
// length, other samples, another rate than those after, and nodes compute the same bits as the single worker.

import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { bitsOnDisk, runOnDisk } from '../support/run-on-disk.ts';

// 22 steps an epoch
let digits: Digits;
let begun: string;
let counter = 0;

beforeAll(async () => {
  digits = await makeDigits();
  begun = join(digits.folder, 'begun');
  await runOnDisk({ ...digits.short, epochs: 1, threads: 0, out: begun });
});
afterAll(() => digits.remove());

async function copyOfBegun(): Promise<string> {
  const copy = join(digits.folder, `changed-${counter++}`);
  await cp(begun, copy, { recursive: true });
  return copy;
}

const changes: [string, Partial<TrainOptions>][] = [
  ['limitTrain', { limitTrain: 1000 }],
  ['batchSize', { batchSize: 100 }],
  ['batchSize', { batchSize: 40 }],
  ['valSize', { valSize: 900 }],
  ['seed', { seed: 7 }],
  ['lr', { lr: 0.01 }],
  ['weightDecay', { weightDecay: 0.01 }],
  ['schedule', { schedule: 'cosine' }],
  ['augment', { augment: false }],
  ['augmentValidation', { augmentValidation: true }],
  ['select', { select: 'best' }],
  ['shards', { shards: 4 }],
  ['shards', { shards: 16 }],
];

test.each(changes)('%s: %o', async (_name, changed) => {
  const going: Partial<TrainOptions> = { ...changed, epochs: 3, allowChange: [...Object.keys(changed), 'epochs'] };
  const alone = await copyOfBegun();
  await runOnDisk({ ...going, resume: alone, threads: 0 });
  const together = await copyOfBegun();
  await withCluster({ ...going, resume: together, threads: 0, minWorkers: 2 }, async (cluster) => {
    cluster.node({ name: 'a', data: digits.data });
    cluster.node({ name: 'b', data: digits.data });
    await cluster.outcome;
  });
  expect(await bitsOnDisk(together)).toEqual(await bitsOnDisk(alone));
});
