// The promise under another recipe: normalised by the data's own figures, turned further, moved further, and from given weights.
// Whoever computes, after a death, resumed and replayed: the same bits.

import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Replay } from '../../coordinator/replay/replay.ts';
import { readTrainedModel } from '../../coordinator/run-folder/trained-model.ts';
import { pixelMoments } from '../../src/data/pixel-moments.ts';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import { wiring } from '../../src/library.ts';
import { layoutOf, namedTensors } from '../../src/model/layout.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { refusal } from '../support/refusal.ts';
import { bitsOnDisk, dieAt, runOnDisk, warningsOf } from '../support/run-on-disk.ts';
import { spoil, writeTinyData } from '../support/tiny-data.ts';

let digits: Digits;
let recipe: Partial<TrainOptions>;
let weights: string;
let baseline: string;
let counter = 0;
const place = () => join(digits.folder, `recipe-${counter++}`);
const config = async (run: string) => JSON.parse(await readFile(join(run, 'config.json'), 'utf8'));

beforeAll(async () => {
  digits = await makeDigits();
  weights = join(digits.folder, 'weights.safetensors');
  const layout = layoutOf([784, ...digits.short.hidden!, 10]);
  const values = Float32Array.from({ length: layout.parameters }, (_, i) => ((i * 7919) % 1000) / 20_000 - 0.025);
  await writeFile(weights, encodeSafetensors(namedTensors(layout, values)));
  recipe = { ...digits.short, epochs: 2, normalize: 'dataset', augment: 'rotate=25,crop=4', init: weights };
  baseline = place();
  await runOnDisk({ ...recipe, threads: 0, out: baseline });
});
afterAll(() => digits.remove());

test('the numbers that were measured, and the file, are recorded with the run', async () => {
  const { train } = digits.data;
  const { mean, std } = pixelMoments(train.images);
  const { normalize, augment, init } = await config(baseline);
  expect(normalize).toBe(`dataset:${mean},${std}`);
  expect(augment).toBe('rotate=25,crop=4');
  expect(init).toMatch(/weights\.safetensors#sha256=[0-9a-f]{64}$/);
  expect((await readTrainedModel(baseline)).model.normalization).toEqual({ mean, std });
});

test('threads and nodes give the bits of one worker', async () => {
  const threads = place();
  await runOnDisk({ ...recipe, threads: 3, out: threads });
  expect(await bitsOnDisk(threads)).toEqual(await bitsOnDisk(baseline));
  const cluster = place();
  await withCluster({ ...recipe, threads: 0, minWorkers: 2, out: cluster }, async (running) => {
    running.node({ name: 'a', data: digits.data });
    running.node({ name: 'b', data: digits.data });
    await running.outcome;
  });
  expect(await bitsOnDisk(cluster)).toEqual(await bitsOnDisk(baseline));
});

test('each part of the recipe shows in the bits', async () => {
  const seen = new Set<string>();
  const parts: Partial<TrainOptions>[] = [
    {},
    { init: null },
    { normalize: '0.5,0.5' },
    { augment: 'rotate=25,crop=3' },
    { augment: 'rotate=24,crop=4' },
  ];
  for (const part of parts) {
    const { summary } = await runOnDisk({ ...recipe, ...part, threads: 0, maxSteps: 4 });
    seen.add(summary.digest);
  }
  expect(seen.size).toBe(parts.length);
});

describe('a run that died', () => {
  test('goes on by the same command, or without the file, to the same bits', async () => {
    for (const same of [true, false]) {
      const copied = join(digits.folder, `copy-${counter}.safetensors`);
      await copyFile(weights, copied);
      const out = place();
      await dieAt(30, { ...recipe, init: copied, out });
      await rm(copied);
      const asked = same ? { ...recipe, init: copied, out, autoResume: true } : { resume: out };
      await runOnDisk({ ...asked, threads: 0 });
      expect(await bitsOnDisk(out)).toEqual(await bitsOnDisk(baseline));
    }
  });

  test('before its first checkpoint needs the file, and says so', async () => {
    const copied = join(digits.folder, 'gone.safetensors');
    await copyFile(weights, copied);
    const out = place();
    await dieAt(3, { ...recipe, init: copied, out });
    await rm(copied);
    expect(await refusal(() => runOnDisk({ resume: out, threads: 0 }))).toMatchObject({
      code: 'ERR_LOCKSTEP_WEIGHTS_UNUSABLE',
      what: `The weights in ${copied} cannot be read`,
      mend: expect.stringContaining('the run began from it'),
    });
    await writeFile(copied, (await readFile(weights)).subarray(0, -4));
    expect((await refusal(() => runOnDisk({ resume: out, threads: 0 }))).what).toContain('are not those that the run');
    await copyFile(weights, copied);
    await runOnDisk({ resume: out, threads: 0 });
    expect(await bitsOnDisk(out)).toEqual(await bitsOnDisk(baseline));
  });

  test('does not go on with other weights, nor with other figures', async () => {
    const out = place();
    await dieAt(30, { ...recipe, out });
    const other = join(digits.folder, 'other.safetensors');
    const layout = layoutOf([784, ...digits.short.hidden!, 10]);
    await writeFile(other, encodeSafetensors(namedTensors(layout, new Float32Array(layout.parameters).fill(0.01))));
    const again = (options: Partial<TrainOptions>) => refusal(() => runOnDisk({ resume: out, threads: 0, ...options }));
    expect(await again({ init: other })).toMatchObject({ code: 'ERR_LOCKSTEP_RESUME_REFUSED' });
    // nor by leave: they decide nothing any more, but the record would lie
    expect((await again({ init: other, allowChange: ['init'] })).mend).toContain('start a new run');
    expect((await again({ normalize: '0.5,0.5' })).why).toContain('normalize was dataset:');
    expect((await again({ augment: true })).mend).toContain('--allow-change augment');
  });
});

test('another normalisation may be allowed, and the whole is replayed from step 0', async () => {
  const out = place();
  await runOnDisk({ ...recipe, epochs: 1, threads: 0, out });
  await runOnDisk({ resume: out, epochs: 2, normalize: '0.1307,0.3081', allowChange: ['normalize'], threads: 2 });
  expect((await config(out)).record.changes).toMatchObject([{ name: 'normalize', to: '0.1307,0.3081' }]);
  const known = await bitsOnDisk(out);
  await rm(join(out, 'checkpoints'), { recursive: true });
  const deps = { data: null, threads: 0, wiring, onEvent: () => undefined, signal: new AbortController().signal };
  const replay = await Replay.of(out, deps, () => undefined);
  await replay.go(await replay.wayTo(known.history.at(-1)!.steps));
  expect(replay.stateDigest()).toBe(known.stateDigest);
  await replay.close();
});

describe('weights that a run cannot begin from', () => {
  test.each<[string, () => Promise<string>, RegExp]>([
    ['a file that is not there', async () => join(digits.folder, 'nowhere'), /no such file/i],
    ['a folder without a model', async () => digits.folder, /no such file/i],
    ['a run of other widths', async () => narrowRun(), /its layers are 784-8-10, and the network is 784-24-16-10/],
    ['no safetensors', async () => join(digits.folder, 'train-labels-idx1-ubyte'), /header|length/],
  ])('%s', async (_, file, why) => {
    const out = place();
    const init = await file();
    const { exitCode, why: found } = await refusal(() => runOnDisk({ ...recipe, init, threads: 0, out }));
    expect([exitCode, found]).toEqual([2, expect.stringMatching(why)]);
    // nothing was made
    await expect(readFile(join(out, 'config.json'))).rejects.toThrow('ENOENT');
  });

  async function narrowRun(): Promise<string> {
    const out = place();
    await runOnDisk({ ...digits.short, hidden: [8], threads: 0, maxSteps: 1, out });
    return out;
  }
});

test('a run folder stands for its model, and what it was trained on is compared', async () => {
  const out = place();
  const ran = await runOnDisk({ ...recipe, normalize: '0.5,0.5', init: baseline, threads: 0, maxSteps: 1, out });
  expect((await config(out)).init).toContain(join(baseline, 'model.safetensors'));
  expect(warningsOf(ran).join()).toMatch(/were trained on pixels as \(pixel \/ 255 - 0\.\d+\)/);
  const alike = await runOnDisk({
    ...recipe,
    normalize: (await config(baseline)).normalize,
    init: baseline,
    threads: 0,
    maxSteps: 1,
  });
  expect(warningsOf(alike).join()).not.toContain('were trained on pixels');
});

test('images of one grey have no deviation to be normalised by', async () => {
  const grey = join(digits.folder, 'grey');
  await writeTinyData(grey, { train: 40, test: 8, rows: 8, columns: 8 });
  await spoil(grey, 'trainImages', (bytes) => bytes.fill(9, 16));
  const options = { data: grey, normalize: 'dataset', valSize: 8, batchSize: 16, shards: 2, hidden: [4], threads: 0 };
  expect((await refusal(() => runOnDisk(options))).what).toBe('--normalize dataset cannot be used with these images');
});
