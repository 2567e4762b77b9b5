// What is told of a step is true of it: against the library's own gradient and Adam, fed with the images that are shown.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Replay } from '../../../coordinator/replay/replay.ts';
import { type StepDetail, stepDetail } from '../../../coordinator/replay/step-detail.ts';
import { computeGradient, createAdam, wiring } from '../../../src/library.ts';
import type { TrainOptions } from '../../../src/options/train-options.ts';
import { runOnDisk } from '../../support/run-on-disk.ts';
import { writeTinyData } from '../../support/tiny-data.ts';

let folder: string;
let run: string;
const hidden = [12, 7];
const steps = 10;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-detail-'));
  const data = join(folder, 'data');
  await writeTinyData(data, { train: 340, test: 40, classes: 4 });
  run = join(folder, 'run');
  const options: Partial<TrainOptions> = { data, valSize: 50, batchSize: 32, shards: 4, hidden, epochs: 1, threads: 0 };
  await runOnDisk({ ...options, out: run });
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

async function detailOf(step: number, shard: number | null, threads: number): Promise<StepDetail> {
  const deps = { data: null, threads, wiring, onEvent: () => undefined, signal: new AbortController().signal };
  const replay = await Replay.of(run, deps, () => undefined);
  try {
    await replay.go(await replay.wayTo(step));
    return await stepDetail(replay, shard, wiring);
  } finally {
    await replay.close();
  }
}

/** The gradient of the images as they are shown, by the library. */
function gradientOf({ before, shard, rows, columns }: StepDetail) {
  const samples = shard!.samples;
  return computeGradient({
    hidden,
    parameters: before.parameters,
    images: Uint8Array.from(samples.flatMap(({ pixels }) => [...pixels])),
    labels: Uint8Array.from(samples.map(({ label }) => label)),
    rows,
    columns,
    classes: 4,
  });
}

test.each([
  0,
  steps - 1,
])('step %d: shards, their images, the mean gradient and the update belong together', async (step) => {
  const shards = await Promise.all([0, 1, 2, 3].map((shard) => detailOf(step, shard, shard % 3)));
  for (const detail of shards) {
    const { gradient, ...sums } = gradientOf(detail);
    expect(detail.shard!.gradient).toEqual(gradient);
    expect(detail.shard!.sums).toEqual(sums);
  }
  const [a, b, c, d] = shards.map(({ shard }) => shard!.gradient) as [Float32Array, ...Float32Array[]];
  const { fround } = Math;
  const [{ gradient, samples, before, after }] = shards as [StepDetail];
  expect(samples).toBe(step === 0 ? 32 : 2);
  const seen = new Set(shards.flatMap(({ shard }) => shard!.samples.map(({ image }) => image)));
  expect(seen.size).toBe(samples);
  // the first layer's weights are summed in coordinates of their own: equal to rounding
  gradient.forEach((mean, i) => {
    const sum = fround(fround(a[i]! + b![i]!) + fround(c![i]! + d![i]!));
    expect(Math.abs(mean - sum / samples)).toBeLessThan(1e-6);
  });
  for (const other of shards) {
    expect([other.gradient, other.before, other.after]).toEqual([gradient, before, after]);
  }
  if (step > 0) return;
  const stepped = before.parameters.slice();
  createAdam(stepped.length).step(stepped, gradient);
  expect(stepped).toEqual(after.parameters);
});

test('without a shard nothing is told of one', async () => {
  expect((await detailOf(3, null, 0)).shard).toBeNull();
});
