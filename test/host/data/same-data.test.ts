// The same images from other files are the same data: a part of MNIST, sorted by class as folders sort it, as IDX files, as PNGs by
// Pillow and as Parquet by pyarrow, gives one digest, and so one run.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ImageSet } from '../../../src/data/dataset.ts';
import { loadDataset } from '../../../src/host/data/load-dataset.ts';
import { withoutPython } from '../../support/python-packages.ts';
import { output } from '../../support/tools.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-same-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const pixels = 28 * 28;

function idx(name: string, sizes: readonly number[], bytes: Uint8Array): void {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.writeUInt32BE(0x800 + sizes.length);
  sizes.forEach((size, i) => {
    header.writeUInt32BE(size, 4 + 4 * i);
  });
  writeFileSync(join(folder, 'idx', name), Buffer.concat([header, bytes]));
}

/** Some of the images by their labels, and in the order of the file among these. */
function put(prefix: string, { images, labels }: ImageSet, count: number): void {
  const order = [...Array(count).keys()].sort((a, b) => labels[a]! - labels[b]! || a - b);
  idx(
    `${prefix}-images-idx3-ubyte`,
    [count, 28, 28],
    Buffer.concat(order.map((i) => images.subarray(i * pixels, (i + 1) * pixels))),
  );
  idx(
    `${prefix}-labels-idx1-ubyte`,
    [count],
    Uint8Array.from(order, (i) => labels[i]!),
  );
}

async function loaded(path: string) {
  const hash = createHash('sha256');
  const data = await loadDataset(path, { seen: (piece) => hash.update(piece) });
  return { form: data.form, classes: data.classes, classNames: data.classNames, digest: hash.digest('hex') };
}

it.skipIf(withoutPython('PIL', 'numpy', 'pyarrow'))('a part of MNIST', async () => {
  mkdirSync(join(folder, 'idx'));
  const mnist = await loadDataset(null);
  put('train', mnist.train, 300);
  put('t10k', mnist.test, 100);
  output('python3', ['test/support/python/idx-as-pictures.py', folder]);
  const { form, ...expected } = await loaded(join(folder, 'idx'));
  expect(form).toBe('IDX files');
  expect(expected.classNames).toBeNull();
  expect(await loaded(join(folder, 'pictures'))).toEqual({ form: 'pictures', ...expected });
  expect(await loaded(join(folder, 'parquet'))).toEqual({ form: 'Parquet files', ...expected });
});
