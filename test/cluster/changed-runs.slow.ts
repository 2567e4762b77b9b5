// Runs whose configuration was changed at the end of an epoch, as --allow-change allows: the epochs before have another
// length, other samples, another rate than those after, and nodes compute the same bits as the single worker.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { type BegunRun, makeBegunRun } from '../support/begun-run.ts';
import { withCluster } from '../support/cluster.ts';
import { bitsOnDisk, runOnDisk } from '../support/run-on-disk.ts';

let begun: BegunRun;
beforeAll(async () => {
  begun = await makeBegunRun();
});
afterAll(() => begun.remove());

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
  const alone = await begun.copy();
  await runOnDisk({ ...going, resume: alone, threads: 0 });
  const together = await begun.copy();
  await withCluster({ ...going, resume: together, threads: 0, minWorkers: 2 }, async (cluster) => {
    cluster.node({ name: 'a', data: begun.digits.data });
    cluster.node({ name: 'b', data: begun.digits.data });
    await cluster.outcome;
  });
  expect(await bitsOnDisk(together)).toEqual(await bitsOnDisk(alone));
});
