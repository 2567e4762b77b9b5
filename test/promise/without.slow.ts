// --without: from a step on samples are skipped, and whoever computes, the bits are those of slow code that never sees them.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dataset } from '../../src/data/dataset.ts';
import { epochOrder, splitImages } from '../../src/data/sampler.ts';
import { loadDataset } from '../../src/host/data/load-dataset.ts';
import { resolveOptions } from '../../src/options/config.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { numberList } from '../../src/options/value-kinds.ts';
import type { EpochRecord } from '../../src/run/events.ts';
import { withCluster } from '../support/cluster.ts';
import { bitsOnDisk, runOnDisk } from '../support/run-on-disk.ts';
import { slowWithout } from '../support/slow-without.ts';
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

/** Some here and there, a whole shard of a batch (of 4), and in the second and third epoch a whole batch. */
function named({ seed, valSize, batchSize, limitTrain }: TrainOptions): number[] {
  const { training } = splitImages(seed, loaded.train.count, valSize, limitTrain);
  const [second, third] = [1, 2].map((epoch) => [...epochOrder(seed, epoch, training)]) as [number[], number[]];
  const last = Math.floor((training.length - 1) / batchSize) * batchSize;
  const batch = training.length - last < 20 ? [...second.slice(last), ...third.slice(last)] : [];
  return [...training.slice(0, 9), ...second.slice(224, 228), ...batch].sort((a, b) => a - b);
}

const idsOf = (images: readonly number[]) => String(numberList('image').fromText(images.join(',')));

async function compare(out: string, expected: Awaited<ReturnType<typeof slowWithout>>): Promise<void> {
  const { stateDigest, history } = await bitsOnDisk(out);
  expect(history.map(({ samples, train }: EpochRecord) => ({ samples, loss: train.loss }))).toEqual(expected.epochs);
  expect(stateDigest).toBe(expected.stateDigest);
}

describe('skipped from a step on', () => {
  test.each<[number, Partial<TrainOptions>]>([
    [0, {}],
    [14, {}],
    [14, { augment: false, weightDecay: 0.01, schedule: 'cosine' }],
    // shards of several tiles, a shard of several passes, and blocks that threads take for themselves
    [2, { batchSize: 145, shards: 1, checkpointEvery: 2 }],
    [1, { batchSize: 290, shards: 4, checkpointEvery: 1 }],
    [3, { batchSize: 96, shards: 16, checkpointEvery: 3 }],
  ])('%d, %j', async (from, change) => {
    const recipe = { ...short, ...change };
    const options = resolveOptions(recipe, null);
    const images = named(options);
    const without = idsOf(images);
    const expected = await slowWithout(options, loaded, from, new Set(images));
    const whole = place();
    await runOnDisk({ ...recipe, out: whole });
    const going = from === 0 ? { ...recipe, without } : { resume: whole, from, without, allowChange: ['without'] };
    for (const threads of [0, 1, 2, 3]) {
      const out = place();
      await runOnDisk({ ...going, threads, out });
      await compare(out, expected);
    }
    for (const [threads, nodes] of [
      [0, 2],
      [1, 1],
    ] as const) {
      const out = place();
      await withCluster({ ...going, threads, minWorkers: threads + nodes, out }, async (cluster) => {
        for (let node = 0; node < nodes; node++) cluster.node({ data: loaded });
        await cluster.outcome;
      });
      await compare(out, expected);
    }
    expect((await bitsOnDisk(whole)).stateDigest).not.toBe(expected.stateDigest);
  });
});
