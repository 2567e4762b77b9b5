// Parquet files of pictures, written by pyarrow and by datasets in the ways that their users write them.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { plainReading, type Reading, type SourcePart } from '../../../src/data/source.ts';
import { openSource } from '../../../src/host/data/open-source.ts';
import { withoutPython } from '../../support/python-packages.ts';
import { output } from '../../support/tools.ts';

let folder: string;
const without = withoutPython('PIL', 'pyarrow', 'datasets');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-parquet-'));
  if (!without) output('python3', ['test/support/python/parquet-files.py', folder]);
}, 60_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function opened(name: string, reading: Partial<Reading> = {}) {
  const told: string[] = [];
  const deps = { reading: { ...plainReading, ...reading }, instead: '', tell: (message: string) => told.push(message) };
  const source = await openSource(join(folder, name), deps);
  // on Node 26 a handle that is collected while it is open is an uncaught error, whenever that may be
  onTestFinished(() => source.close());
  return { source, told };
}

/** Of each image the one value of its pixels, and its label. */
async function contentOf(part: SourcePart, pixels = 9) {
  const target = new Uint8Array(part.count * pixels);
  const half = Math.floor(part.count / 2) * pixels;
  await part.read(target.subarray(0, half));
  await part.read(target.subarray(half));
  return Array.from(part.labels, (label, i) => [target[i * pixels], label]);
}

const refusal = async (name: string, reading: Partial<Reading> = {}) => {
  const error = await opened(name, reading)
    .then(async ({ source }) => await contentOf(source.train))
    .then(
      () => null,
      (thrown: { what: string; why: string; mend: string }) => thrown,
    );
  return `${error?.what}: ${error?.why}. ${error?.mend}`.replaceAll(folder, '.');
};

const expected = Array.from({ length: 12 }, (_, row) => [10 * row, row % 3]);

describe.skipIf(without)('Parquet', () => {
  it.each([
    'snappy',
    'gzip',
    'gzip-v2',
    'plain',
    'groups',
    'small-pages',
    'pages-v2',
    'int8',
    'not-null',
    'snappy/a.parquet',
  ])('%s', async (name) => {
    const { source } = await opened(name);
    const { form, rows, columns, classNames, validation, test } = source;
    expect({ form, rows, columns, classNames, validation, test }).toEqual({
      form: 'Parquet files',
      rows: 3,
      columns: 3,
      classNames: null,
      validation: null,
      test: null,
    });
    expect(await contentOf(source.train)).toEqual(expected);
  });

  it('of one label alone', async () => {
    const { source } = await opened('one-label');
    expect([...source.train.labels]).toEqual(Array(12).fill(0));
  });

  it('with names of classes, and with labels that are texts, in the order of code points', async () => {
    const named = (await opened('named')).source;
    expect(named.classNames).toEqual(['cat', 'dog', '<b>&\n\'"']);
    expect([...named.train.labels]).toEqual(expected.map(([, label]) => label));
    const texts = (await opened('texts')).source;
    expect(texts.classNames).toEqual(['A', 'b', 'c']);
    expect([...texts.train.labels]).toEqual(expected.map(([, label]) => [1, 2, 0][label!]));
  });

  it('of several files, in folders as the hub has them', async () => {
    const { source, told } = await opened('parts');
    expect(told).toEqual([`The data files were found in ${folder}/parts/data`]);
    expect(await contentOf(source.train)).toEqual(expected);
    expect(await contentOf(source.validation!)).toEqual(expected.slice(0, 2));
    expect(await contentOf(source.test!)).toEqual(expected.slice(0, 3));
    const folders = (await opened('folders')).source;
    expect([folders.train.count, folders.validation, folders.test!.count]).toEqual([12, null, 3]);
  });

  it('brought to another size', async () => {
    const { source } = await opened('two-sizes', { imageSize: { rows: 2, columns: 5 } });
    expect(await contentOf(source.train, 10)).toEqual([...expected.slice(0, 11), [7, 2]]);
  });

  it('but not a pointer of Git LFS in place of a file, as a clone of the hub has without it', async () => {
    mkdirSync(join(folder, 'pointers'));
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 3\n';
    writeFileSync(join(folder, 'pointers/train.parquet'), pointer);
    expect(await refusal('pointers')).toContain(
      'a pointer of Git LFS in place of the file. Fetch the file itself: git lfs pull',
    );
  });

  it('with several columns of labels: one is to be named', async () => {
    const why = 'it has several columns of labels: fine_label, coarse_label (--label tells which it is)';
    expect(await refusal('two-labels')).toContain(why);
    const { source } = await opened('two-labels', { label: 'coarse_label' });
    expect(source.classNames).toEqual(['x', 'y', 'z']);
    expect([...source.train.labels]).toEqual(expected.map(([, label]) => 2 - label!));
  });

  it.each([
    [
      'codec-zstd',
      'it is packed with zstd, and only pages packed with snappy or gzip, and plain ones, are read. Write it anew as pyarrow packs',
    ],
    ['encoding', 'its column label is encoded by DELTA_BINARY_PACKED, and only plain values and dictionaries are read'],
    ['missing-label', 'row 0 has no label'],
    ['missing-image', 'The picture in row 11 of ./missing-image/a.parquet cannot be used: there is none in its row'],
    ['hidden-labels', './hidden-labels/a.parquet has a label that is none of the classes: that of row 0 is -1'],
    [
      'two-sizes',
      'it has 4x4 pixels (rows x columns), and others have 3x3. Bring all of them to one size: --image-size 3x3',
    ],
    ['no-picture', 'The picture in row 11 of ./no-picture/a.parquet cannot be used: it is neither PNG nor JPEG'],
    ['no-label', 'it has no column of labels: its columns are image.bytes, image.path, text'],
    ['lists', 'it has no column of labels'],
    ['.', 'There is more than one data set in .'],
  ])('is refused: %s', async (name, why) => {
    expect(await refusal(name)).toContain(why);
  });
});
