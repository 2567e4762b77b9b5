import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { byPreference, dataRoles, prefixOf, roleOf } from '../../../src/data/file-names.ts';
import { findDataFiles } from '../../../src/host/data/find-data-files.ts';
import { refusal } from '../../support/refusal.ts';
import { fileNames, withFolder } from '../../support/tiny-data.ts';

const four = Object.values(fileNames);

async function put(folder: string, names: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of names) await writeFile(join(folder, name), 'x');
}

async function found(folder: string): Promise<{ paths: string[]; told: string[] }> {
  const told: string[] = [];
  const files = await findDataFiles(folder, 'do something else', (message) => told.push(message));
  return { paths: dataRoles.map((role) => relative(folder, files[role])), told };
}

const refused = (folder: string) => refusal(() => findDataFiles(folder, 'do something else', () => undefined));

describe('roleOf', () => {
  it.each([
    ['train-images-idx3-ubyte', 'trainImages'],
    ['train-images.idx3-ubyte.gz', 'trainImages'],
    ['TRAIN-LABELS-IDX1-UBYTE.GZ', 'trainLabels'],
    ['test-images-idx3-ubyte', 'testImages'],
    ['T10K-labels.idx1-ubyte', 'testLabels'],
    ['train-labels-idx2-int', 'trainLabels'],
    ['emnist-letters-train-images-idx3-ubyte', null],
    ['train-images-idx3-ubyte.zip', null],
    ['train.csv', null],
  ])('%s', (name, role) => {
    expect(roleOf(name)).toBe(role);
  });

  it('of several names the standard one goes first, plain before packed', () => {
    const names = [
      'test-images-idx3-ubyte.gz',
      't10k-images.idx3-ubyte.gz',
      'test-images-idx3-ubyte',
      't10k-images-idx3-ubyte.gz',
      't10k-images.idx3-ubyte',
      't10k-images-idx3-ubyte',
    ];
    expect([...names].sort(byPreference)).toEqual([
      't10k-images-idx3-ubyte',
      't10k-images.idx3-ubyte',
      'test-images-idx3-ubyte',
      't10k-images-idx3-ubyte.gz',
      't10k-images.idx3-ubyte.gz',
      'test-images-idx3-ubyte.gz',
    ]);
  });
});

describe('findDataFiles', () => {
  it('finds them in the folder itself, and says nothing', async () => {
    await withFolder(async (folder) => {
      await put(folder, [...four, 'README', `${four[0]}.gz`]);
      expect(await found(folder)).toEqual({ paths: four, told: [] });
    });
  });

  it.each(['raw', 'MNIST', 'MNIST/raw', 'archive with\nblanks'])('finds them in %s, and says so', async (below) => {
    await withFolder(async (folder) => {
      await put(join(folder, below), four);
      await put(join(folder, 'processed'), ['training.pt']);
      expect(await found(folder)).toEqual({
        paths: four.map((name) => join(below, name)),
        told: [`The data files were found in ${join(folder, below)}`],
      });
    });
  });

  it("reads Kaggle's layout: folders of the files' names beside the files, or alone", async () => {
    await withFolder(async (folder) => {
      const dotted = four.map((name) => name.replace('-idx', '.idx'));
      for (const name of four) await put(join(folder, name), [name]);
      const inner = four.map((name) => join(name, name));
      const alone = await found(folder);
      expect(alone.paths).toEqual(inner);
      expect(alone.told[0]).toContain(join(folder, inner[3]!));
      await put(folder, dotted.slice(0, 3));
      expect((await found(folder)).paths).toEqual([...dotted.slice(0, 3), inner[3]]);
      await put(folder, dotted);
      expect(await found(folder)).toEqual({ paths: dotted, told: [] });
    });
  });

  it('does not choose between two data sets, nor mix them', async () => {
    await withFolder(async (folder) => {
      await put(join(folder, 'MNIST', 'raw'), four);
      await put(join(folder, 'FashionMNIST', 'raw'), four);
      const error = await refused(folder);
      expect(error.what).toContain('more than one data set');
      expect(error.why).toContain(`${join(folder, 'FashionMNIST', 'raw')} and ${join(folder, 'MNIST', 'raw')}`);
      expect(error.mend).toContain('--data');
      await rename(join(folder, 'FashionMNIST'), join(folder, 'FashionMNIST.zip'));
      await put(folder, four.slice(0, 2));
      await rename(join(folder, 'MNIST', 'raw', four[3]!), join(folder, 'MNIST', 'raw', 'away'));
      await rename(join(folder, 'FashionMNIST.zip', 'raw', four[3]!), join(folder, 'FashionMNIST.zip', 'away'));
      expect((await refused(folder)).why).toContain('missing are t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte');
    });
  });

  it('says what to do with files of several sets, which bear a prefix', async () => {
    expect(prefixOf('emnist-letters-train-images-idx3-ubyte.gz')).toBe('emnist-letters-');
    expect(['train-images-idx3-ubyte', 'my-train-images.png', 'train.csv'].map(prefixOf)).toEqual([null, null, null]);
    await withFolder(async (folder) => {
      await put(folder, ['qmnist-test-labels-idx2-int.gz', 'qmnist-train-images-idx3-ubyte.gz']);
      const { why, mend } = await refused(folder);
      expect(why).toContain('in the folder are qmnist-test-labels-idx2-int.gz');
      expect(mend).toContain(`--data ${join(folder, 'qmnist')}`);
    });
    // EMNIST's archive unpacks into a folder gzip/
    await withFolder(async (folder) => {
      await put(join(folder, 'gzip'), ['emnist-letters-train-images-idx3-ubyte.gz']);
      const { why, mend } = await refused(folder);
      expect(why).toContain('in the folder is gzip');
      expect(mend).toContain(`--data ${join(folder, 'gzip', 'emnist-letters')},`);
    });
  });

  it('lists what lies there instead', async () => {
    await withFolder(async (folder) => {
      expect((await refused(folder)).why).toContain('the folder is empty');
      const others = ['emnist-letters-train-images-idx3-ubyte.gz', 'archive.zip'];
      await put(folder, others);
      expect((await refused(folder)).why).toContain(`in the folder are ${others.sort().join(', ')}`);
      await put(
        folder,
        Array.from({ length: 20 }, (_, i) => `x${i}`),
      );
      expect((await refused(folder)).why).toContain('and 10 more');
    });
  });
});
