import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Reading } from '../../../src/data/source.ts';
import { loadDataset } from '../../../src/host/data/load-dataset.ts';
import { refusal } from '../../support/refusal.ts';
import { withFolder } from '../../support/tiny-data.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;

async function loaded(
  files: Files,
  {
    path = '',
    tell = (_: string) => {},
    ...reading
  }: Partial<Reading> & { path?: string; tell?: (message: string) => void } = {},
) {
  return await withFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    return await loadDataset(join(folder, path), { reading, tell });
  });
}

const refused = (text: string | Uint8Array, reading: Partial<Reading> = { testSize: 1 }) =>
  refusal(() => loaded({ 'a.csv': text }, { path: 'a.csv', ...reading }));

/** Five images of 2x2 with labels 2, 0, 1, 2, 0. */
const images = [
  [0, 1, 2, 3],
  [255, 0, 7, 8],
  [9, 10, 0, 12],
  [13, 14, 15, 16],
  [0, 18, 19, 20],
];
const labels = [2, 0, 1, 2, 0];
const header = ['label', 'pixel0', 'pixel1', 'pixel2', 'pixel3'];
const rows = images.map((image, at) => [labels[at]!, ...image]);
const written = (table: readonly (readonly (string | number)[])[], separator = ',', end = '\n') =>
  table.map((row) => row.join(separator) + end).join('');

async function expectSame(
  text: string | Uint8Array,
  reading: Partial<Reading> = {},
  name = 'train.csv',
): Promise<void> {
  const { train, test, classes, classNames, form } = await loaded(
    { [name]: text, 'test.csv': written([header, rows[1]!]) },
    reading,
  );
  expect([train.rows, train.columns, classes, classNames, form]).toEqual([2, 2, 3, null, 'CSV files']);
  expect([...train.images]).toEqual(images.flat());
  expect([...train.labels]).toEqual(labels);
  expect([[...test.images], [...test.labels]]).toEqual([images[1], [0]]);
}

describe('a table of images', () => {
  const table = [header, ...rows];
  const quoted = (value: string | number) => `"${value}"`;
  it.each<[string, string | Uint8Array, Partial<Reading>?, string?]>([
    ["as Kaggle's", written(table)],
    ['without an end of its last line', written(table).trimEnd()],
    ['with lines of CRLF', written(table, ',', '\r\n')],
    ['with lines of CR', written(table, ',', '\r')],
    ['with tabs', written(table, '\t'), {}, 'train.tsv'],
    ['with semicolons', written(table, ';')],
    ['with a byte order mark', `\ufeff${written(table)}`],
    ['with quotes around everything', written(table.map((row) => row.map(quoted)))],
    ['with blanks around numbers', written(table, ' , ')],
    ['with empty lines', `\n${written(table, ',', '\n\n')}\n`],
    ['packed', gzipSync(written(table)), {}, 'train.csv.gz'],
    ['of floats that are whole', written([header, ...rows.map((row) => row.map((one) => one.toFixed(1)))])],
    ["with pandas' numbers of rows", written(table.map((row, at) => [at === 0 ? '' : at - 1, ...row]))],
  ])('is read %s', async (_, text, reading, name) => {
    // the test file has the columns of the first alone
    if (text.toString().startsWith(',label')) {
      const { train } = await loaded({ 'a.csv': text }, { path: 'a.csv', testSize: 1 });
      expect(train.count).toBe(4);
    } else await expectSame(text, reading, name);
  });

  it('without a header has its labels first or last, whichever column is not the same everywhere', async () => {
    const padded = images.map(([, ...image], at) => [labels[at]!, ...image, 0]);
    const first = await loaded({ 'train.csv': written(padded), 'test.csv': written(padded) });
    expect([...first.train.labels]).toEqual(labels);
    expect([...first.train.images.subarray(0, 4)]).toEqual([1, 2, 3, 0]);
    const last = padded.map(([label, ...image]) => [...image.reverse(), label!]);
    const { train } = await loaded({ 'train.csv': written(last), 'test.csv': written(last) });
    expect([[...train.labels], [...train.images.subarray(0, 4)]]).toEqual([labels, [0, 3, 2, 1]]);
    expect((await refused(written(rows))).why).toContain('the labels may be the first or the last column');
    expect([
      ...(await loaded({ 'a.csv': written(rows) }, { path: 'a.csv', label: '0', testSize: 1 })).train.images,
    ]).toHaveLength(16);
  });

  it.each([
    ['digit', 'digit'],
    ['-1', 'digit'],
    ['4', 'digit'],
    ['label', 'label'],
  ])('has its labels where --label %s says', async (label, name) => {
    const turned = [[...header.slice(1), name], ...rows.map(([one, ...image]) => [...image, one!])];
    const { train } = await loaded({ 'train.csv': written(turned), 'test.csv': written(turned) }, { label });
    expect([[...train.labels], [...train.images]]).toEqual([labels, images.flat()]);
  });

  it("has pandas' numbers of rows before all else, also in a test file that has no header, and never as pixels", async () => {
    const numbered = rows.map((row, at) => [at, ...row]);
    const files = { 'train.csv': written([['', ...header], ...numbered]), 'test.csv': written(numbered) };
    const { train, test } = await loaded(files);
    for (const { images: pixels, labels: classes } of [train, test]) {
      expect([[...pixels], [...classes]]).toEqual([images.flat(), labels]);
    }
    const { why } = await refusal(() => loaded(files, { label: '0' }));
    expect(why).toContain('5 numbers for each image');
  });

  it("has pandas' own names of columns", async () => {
    const named = [[0, 1, 2, 3, 'y'], ...rows.map(([one, ...image]) => [...image, one!])];
    const { train } = await loaded({ 'train.csv': written(named), 'test.csv': written(named) });
    expect([...train.labels]).toEqual(labels);
  });

  it('has words for labels, as classes in the order of code points', async () => {
    const words = ['a, "quoted"', 'Z', '\u{1f431}\u{fffd}'];
    const table = [header, ...rows.map(([label, ...image]) => [`"${words[label!]!.replaceAll('"', '""')}"`, ...image])];
    const { train, classNames } = await loaded({ 'train.csv': written(table), 'test.csv': written(table) });
    expect(classNames).toEqual(['Z', 'a, "quoted"', '\u{1f431}\u{fffd}']);
    expect([...train.labels]).toEqual([2, 1, 0, 2, 1].map((label) => [1, 0, 2][[1, 0, 2].indexOf(label)]!));
  });

  it("is undivided, or has a test file that has no labels, as Kaggle's", async () => {
    const told: string[] = [];
    const unlabelled = written([header.slice(1), ...images]);
    const files = {
      'train.csv': written(table),
      'test.csv': unlabelled,
      'sample_submission.csv': 'ImageId,Label\n1,0\n',
    };
    const { train, test } = await loaded(files, { testSize: 2, tell: (message) => told.push(message) });
    expect([train.count, test.count]).toEqual([3, 2]);
    expect(told.join()).toContain('test.csv has no labels');
    expect((await refusal(() => loaded(files))).mend).toContain('--test-size');
  });

  it('is of the numbers that --pixel-max says, or of fractions', async () => {
    const digits = rows.map(([label, ...image]) => [label!, ...image.map((one) => one % 17)]);
    const { train } = await loaded(
      { 'train.csv': written([header, ...digits]), 'test.csv': written([header, ...digits]) },
      { pixelMax: 16 },
    );
    expect([...train.images.subarray(0, 4)]).toEqual([0, 16, 32, 48]);
    const parts = rows.map(([label, ...image]) => [label!, ...image.map((one) => one / 255)]);
    await expect(expectSame(written([header, ...parts]))).rejects.toThrow(/two scales/);
    const both = { 'train.csv': written([header, ...parts]), 'test.csv': written([header, ...parts]) };
    expect([...(await loaded(both)).train.images]).toEqual(images.flat());
  });

  it('is as long as it is, whatever the pieces in which it comes', async () => {
    const many = Array.from({ length: 60_000 }, (_, at) => [at % 10, (at * 7) % 256, at % 256, 0, at % 3]);
    const { train } = await loaded({ 'train.csv': written([header, ...many]), 'test.csv': written([header, ...many]) });
    expect(Buffer.compare(train.images, Uint8Array.from(many.flatMap((row) => row.slice(1))))).toBe(0);
  });
});

describe('a table that is none', () => {
  const with3 = (row: string) => `${written([header, ...rows.slice(0, 3)])}${row}\n${written(rows.slice(3))}`;
  it.each<[string, string | Uint8Array, RegExp]>([
    ['a short row', with3('1,2,3'), /line 5: it has 3 fields, and the first row has 5/],
    ['a long row', with3('1,2,3,4,5,6'), /line 5: it has 6 fields/],
    ['an empty field', with3('1,2,,4,5'), /line 5: column 2 is empty/],
    ['an empty label', with3('  ,2,3,4,5'), /line 5: column 0, which holds the labels, is empty/],
    ['a word', with3('1,2,3,dog,5'), /line 5: column 3 is "dog", no number/],
    ['NUL bytes', with3('1,2,\0,4,5'), /line 5: column 2 is "\\u0000", no number/],
    ['hexadecimal numbers', with3('1,2,0x10,4,5'), /line 5: column 2 is "0x10"/],
    ['an escape sequence', with3('1,2,\u001b[31m,4,5'), /line 5: column 2 is "\\u001b\[31m"/],
    ['a quote without end', with3('1,"2,3,4,5'), /line 5 has a quote that does not end/],
    ['a word, behind a line break in quotes', with3('1,"2\n",3,4,5\n1,2,3,dog,5'), /line 7: column 3 is "dog"/],
    ['a field of a megabyte', with3(`1,2,${'9'.repeat(2 ** 20)},4,5`), /line 5 has a field of more than 4096 bytes/],
    ['too large numbers', with3('1,2,300,4,5'), /go from 0 to 300 \(whole numbers\)/],
    ['negative numbers', with3('1,2,-3,4,5'), /go from -3 to 255/],
    ['infinity', with3('1,2,1e999,4,5'), /go from 0 to Infinity/],
    ['nothing', '', /no row of numbers/],
    ['a header alone', written([header]), /no row of numbers/],
    ['one column', 'label\n1\n2\n', /one column/],
    [
      'images that are no squares',
      written([header.slice(0, 4), ...rows.map((row) => row.slice(0, 4))]),
      /3 numbers for each image/,
    ],
    ['a header without labels', written([['a', 'b', 'c', 'd', 'e'], ...rows]), /there are a, b, c, d, e/],
    ['UTF-16', Buffer.from(`\ufeff${written([header, ...rows])}`, 'utf16le'), /UTF-16/],
    [
      'more than 256 labels',
      written([header, ...Array.from({ length: 300 }, (_, at) => [`c${at}`, 1, 2, 3, 4])]),
      /more than 256/,
    ],
    ['a gzip file that ends', gzipSync(written([header, ...rows])).subarray(0, 40), /./],
    ['random bytes', Uint8Array.from({ length: 5000 }, (_, at) => (at * 7919 + (at >> 3)) & 255), /./],
  ])('is refused in words: %s', async (_, text, message) => {
    const error = await refused(text);
    expect(error.message).toMatch(message);
    expect(error.exitCode).toBe(2);
  });

  it('is named where something else came in its place', async () => {
    const page = await refused('<!DOCTYPE html>\n<html><title>Sign in</title></html>\n');
    expect(page.why).toContain('a web page');
    expect(page.mend).toContain('want a login');
    expect((await refused('version https://git-lfs.github.com/spec/v1\nsize 3\n')).mend).toContain('git lfs pull');
  });

  it('is refused as soon as it was read, though its fields are as long as can be and no numbers at their very end', async () => {
    const long = Array(300)
      .fill(`${'1'.repeat(4095)}x`)
      .join();
    expect((await refused(`a,b,label${',c'.repeat(297)}\n${long}\n`)).why).toMatch(
      /^line 2: column 0 is "1+\.\.\., no number$/,
    );
  });

  it('is refused where its test file has other columns', async () => {
    const other = written([['label', 'a', 'b', 'c', 'd'], ...rows]);
    const files = { 'train.csv': written([header, ...rows]), 'test.csv': other };
    expect((await refusal(() => loaded(files))).why).toContain('column 1 is "a", and there "pixel0"');
    const more = { ...files, 'test.csv': written(rows.map((row) => [...row, 1])) };
    expect((await refusal(() => loaded(more))).why).toContain('it has 6');
  });

  it('is refused where its test file has a class that is not trained on', async () => {
    const words = (names: string[]) => written([header, ...names.map((name) => [name, 1, 2, 3, 4])]);
    const error = await refusal(() => loaded({ 'train.csv': words(['a', 'b']), 'test.csv': words(['a', 'c']) }));
    expect(error.why).toContain('label "c"');
  });

  it('is named where it cannot be told which files belong together', async () => {
    const table = written([header, ...rows]);
    const files = {
      'fashion_train.csv': table,
      'fashion_test.csv': table,
      'digits_train.csv': table,
      'digits_test.csv': table,
    };
    expect((await refusal(() => loaded(files))).what).toContain('more than one file');
    expect((await loaded(files, { path: 'fashion' })).train.count).toBe(5);
    expect((await refusal(() => loaded({ 'a.csv': table, 'b.csv': table }))).why).toContain('a.csv, b.csv');
  });
});
