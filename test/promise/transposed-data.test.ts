// --transpose: images that lie on their side are trained on as their upright twins are, to the bit, by whoever does the work,
// and everything that looks at a run's data later turns them as the run did.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluateSplit } from '../../coordinator/evaluation/evaluate-split.ts';
import type { LoadingFor } from '../../coordinator/evaluation/evaluation-set.ts';
import { reportData } from '../../coordinator/report/report-data.ts';
import { readTrainedModel } from '../../coordinator/run-folder/trained-model.ts';
import { transposed } from '../../src/data/transpose.ts';
import { wiring } from '../../src/library.ts';
import { withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { refusal } from '../support/refusal.ts';
import { bitsOnDisk, runOnDisk, warningsOf } from '../support/run-on-disk.ts';
import { fileNames, imagesFile, labelsFile } from '../support/tiny-data.ts';

let upright: Digits;
let lying: Digits;
let turned: string;
let counter = 0;
const short = { hidden: [32, 16], batchSize: 8, valSize: 60, epochs: 2 };
const place = () => join(lying.folder, `run-${counter++}`);

beforeAll(async () => {
  [upright, lying] = [await makeDigits(700, 300), await makeDigits(700, 300)];
  for (const half of ['train', 'test'] as const) {
    const set = transposed(lying.data[half]);
    await writeFile(join(lying.folder, fileNames[`${half}Images`]), imagesFile(set.images, set.rows, set.columns));
    await writeFile(join(lying.folder, fileNames[`${half}Labels`]), labelsFile(set.labels));
  }
  turned = place();
  await runOnDisk({ ...short, data: lying.folder, transpose: true, threads: 0, out: turned });
});
afterAll(() => {
  upright.remove();
  lying.remove();
});

describe('--transpose', () => {
  test('gives the bits of the upright twin, from threads and from a node that is sent the data', async () => {
    const twin = place();
    await runOnDisk({ ...short, data: upright.folder, threads: 2, out: twin });
    expect(await bitsOnDisk(turned)).toEqual(await bitsOnDisk(twin));

    const options = { ...short, data: lying.folder, transpose: true, threads: 0, minWorkers: 1 };
    await withCluster(options, async (cluster) => {
      cluster.node({ data: null });
      const { digest, stateDigest } = await cluster.bits();
      expect({ digest, stateDigest }).toMatchObject(pick(await bitsOnDisk(twin)));
    });
  });

  test('is recorded, warned of where it lacks or is too much, and not asked for again', async () => {
    expect(JSON.parse(await readFile(join(turned, 'config.json'), 'utf8'))).toMatchObject({ transpose: true });
    const warned = async (data: string, transpose: boolean) =>
      warningsOf(await runOnDisk({ ...short, data, transpose, epochs: 1, maxSteps: 1, threads: 0, out: place() }));
    expect(await warned(lying.folder, false)).toEqual([expect.stringContaining('--transpose turns them upright')]);
    expect(await warned(upright.folder, true)).toEqual([expect.stringContaining('leave it out')]);
    expect(await warned(lying.folder, true)).toEqual([]);
    expect(await warned(upright.folder, false)).toEqual([]);
  });

  test('is turned by evaluate and report as well; of other data as one asks', async () => {
    const trained = await readTrainedModel(turned);
    const trying = { threads: 0, wiring, wide: false };
    const accuracyOn = async (data: string | null, loading: LoadingFor = {}) =>
      (await evaluateSplit(trained, data, 'test', loading, trying)).means.accuracy;
    const own = await accuracyOn(null);
    expect(own).toBe((await bitsOnDisk(turned)).test.accuracy);
    expect(own).toBeGreaterThan(0.25);
    expect((await reportData(turned, null, wiring)).inference.means.accuracy).toBe(own);
    expect(await accuracyOn(lying.folder)).toBe(own);
    expect(await accuracyOn(upright.folder, { transpose: 'no' })).toBe(own);
    const told: string[] = [];
    expect(await accuracyOn(upright.folder, { tell: (line) => told.push(line) })).toBeLessThan(own);
    expect(told).toEqual([expect.stringMatching(/^Warning: .*leave it out/)]);
  });

  test('stays as it is when a run goes on, unless its change is allowed; a run that does not know it has none', async () => {
    const out = place();
    await runOnDisk({ ...short, data: lying.folder, transpose: true, epochs: 1, threads: 0, out });
    const error = await refusal(() => runOnDisk({ resume: out, epochs: 2, transpose: false, threads: 0 }));
    expect(error.what).toContain('another transpose');
    expect(error.mend).toContain('--allow-change transpose,data');
    await runOnDisk({ resume: out, epochs: 2, threads: 0 });
    expect(await bitsOnDisk(out)).toEqual(await bitsOnDisk(turned));
    await runOnDisk({ resume: out, epochs: 3, transpose: false, allowChange: ['transpose', 'data'], threads: 0 });
    const { transpose, record } = JSON.parse(await readFile(join(out, 'config.json'), 'utf8'));
    expect(transpose).toBe(false);
    expect(record.changes).toMatchObject([{ name: 'transpose', from: true, to: false }, { name: 'data' }]);

    const older = place();
    await runOnDisk({ ...short, data: upright.folder, epochs: 1, threads: 0, out: older });
    const { transpose: _, ...config } = JSON.parse(await readFile(join(older, 'config.json'), 'utf8'));
    await writeFile(join(older, 'config.json'), JSON.stringify(config));
    expect((await readTrainedModel(older)).options.transpose).toBe(false);
    await runOnDisk({ resume: older, epochs: 2, threads: 0 });
    expect(await bitsOnDisk(older)).toEqual(await bitsOnDisk(turned));
  });
});

function pick({ digest, stateDigest }: { digest: string; stateDigest: string }) {
  return { digest, stateDigest };
}
