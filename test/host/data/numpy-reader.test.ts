import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Reading } from '../../../src/data/source.ts';
import { loadDataset } from '../../../src/host/data/load-dataset.ts';
import { withoutPython } from '../../support/python-packages.ts';
import { refusal } from '../../support/refusal.ts';

const missing = withoutPython('numpy');
const folder = mkdtempSync(join(tmpdir(), 'lockstep-numpy-'));
if (!missing) {
  const script = fileURLToPath(new URL('../../support/python/numpy-data.py', import.meta.url));
  execFileSync('python3', [script, folder]);
}
afterAll(() => rmSync(folder, { recursive: true }));

const bytesOf = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
const load = (name: string, reading: Partial<Reading> = {}, tell = (_: string) => {}) =>
  loadDataset(join(folder, name), { reading, tell });
const refused = (name: string, reading: Partial<Reading> = {}) => refusal(() => load(name, reading));

async function expectSame(name: string, reading: Partial<Reading> = {}): Promise<void> {
  const { train, test, classes, classNames, validation } = await load(name, reading);
  expect({ train, test, classes, classNames, validation }).toEqual({
    train: { count: 12, rows: 6, columns: 4, images: bytesOf('train.images'), labels: bytesOf('train.labels') },
    test: { count: 6, rows: 6, columns: 4, images: bytesOf('test.images'), labels: bytesOf('test.labels') },
    classes: 3,
    classNames: null,
    validation: 0,
  });
}

describe.skipIf(missing)("numpy's arrays", () => {
  it.each([
    ...['stored', 'packed', 'fortran', 'channel-last', 'channel-first', 'fortran-channel', 'column'],
    ...['parts-f4', 'parts-f8', 'numbers-as-words'],
    ...['little-i2', 'big-i2', 'little-u2', 'big-u4', 'little-i4', 'little-i8', 'big-i8', 'big-u8'].map(typed),
    ...['little-f2', 'little-f4', 'big-f4', 'little-f8', 'big-f8'].map(typed),
  ])('are read as they are from %s.npz', async (name) => {
    await expectSame(`${name}.npz`);
  });

  it.each([
    'kmnist',
    'kmnist/kmnist',
    'both/k49',
    'both/kmnist',
    'single',
    'numbers',
  ])('are found in %s by the names of the files', async (name) => {
    await expectSame(name);
  });

  it('of which there are two sets are not mixed', async () => {
    const { what, mend } = await refused('both');
    expect(what).toContain('more than one array that may be the ');
    expect(mend).toContain('begin with');
  });

  it("have a validation split of their own behind the training images, as MedMNIST's", async () => {
    const { train, test, validation, form } = await load('medmnist.npz');
    expect([train.count, test.count, validation, form]).toEqual([16, 6, 4, 'NumPy archive']);
    expect(train.images).toEqual(Uint8Array.of(...bytesOf('train.images'), ...bytesOf('val.images')));
    expect(train.labels).toEqual(Uint8Array.of(...bytesOf('train.labels'), ...bytesOf('val.labels')));
  });

  it('whose labels are words have classes in the order of code points', async () => {
    const { classNames, train } = await load('words.npz');
    expect(classNames).toEqual(['ape', 'zebra', 'Ärger']);
    expect([...train.labels.subarray(0, 3)]).toEqual([1, 2, 0]);
    const bytes = await load('byte-words.npz');
    expect([bytes.classNames, [...bytes.train.labels.subarray(0, 3)]]).toEqual([
      ['a', 'b', 'c'],
      [1, 0, 2],
    ]);
  });

  it('whose labels begin with 1 keep their names, and it is said', async () => {
    const told: string[] = [];
    const { classNames, train, classes } = await load('from-one.npz', {}, (message) => told.push(message));
    expect([classNames, classes, [...train.labels]]).toEqual([['1', '2', '3'], 3, [...bytesOf('train.labels')]]);
    expect(told.join()).toContain('begin with 1');
    const asTheyAre = await load('from-one.npz', { firstLabel: 0 });
    expect([asTheyAre.classNames, asTheyAre.classes]).toEqual([null, 4]);
    expect((await refused('from-one.npz', { firstLabel: 2 })).why).toContain('has label 1');
  });

  it('of colours are made grey as Pillow does, if that is asked for', async () => {
    expect((await refused('colours.npz')).mend).toContain('--grey');
    const { train } = await load('colours.npz', { grey: true });
    const x = bytesOf('train.images');
    const at = (n: number, row: number, column: number) => x[(n * 6 + row) * 4 + column]!;
    const light = (n: number, row: number, column: number) =>
      (at(n, row, column) * 19595 + at(n, 5 - row, column) * 38470 + at(n, row, 3 - column) * 7471 + 0x8000) >> 16;
    for (const [n, row, column] of [
      [0, 0, 0],
      [3, 2, 1],
      [11, 5, 3],
    ] as const) {
      expect(train.images[(n * 6 + row) * 4 + column]).toBe(light(n, row, column));
    }
    expect((await load('colours-first.npz', { grey: true })).train.images).toEqual(train.images);
  });

  it('of true and false are black and white', async () => {
    const { train } = await load('bool.npz');
    expect(train.images).toEqual(bytesOf('train.images').map((byte) => (byte > 127 ? 255 : 0)));
  });

  it('of whole numbers up to 16 are spread, halves up', async () => {
    const reading = { pixelMax: 16, testSize: 2 };
    const { train, test } = await load('digits.npz', reading);
    expect([train.count, test.count, train.rows, train.columns]).toEqual([10, 2, 6, 4]);
    const spread = new Set(
      bytesOf('train.images').map((byte) => Math.floor((Math.floor(byte / 15.9) * 510 + 16) / 32)),
    );
    expect(new Set([...train.images, ...test.images])).toEqual(spread);
    // 8 of 16 is 127.5
    expect(spread).toContain(128);
  });

  it('that are flat need a size where they are not square', async () => {
    expect((await refused('flat.npz')).mend).toContain('--image-size');
    await expectSame('flat.npz', { imageSize: { rows: 6, columns: 4 } });
    expect((await refused('flat.npz', { imageSize: { rows: 5, columns: 5 } })).why).toContain('24 numbers');
    expect((await refused('stored.npz', { imageSize: { rows: 4, columns: 6 } })).why).toContain('6x4');
  });

  it('without a test set have one drawn by the seed', async () => {
    expect((await refused('undivided.npz')).mend).toContain('--test-size 2');
    expect((await refused('undivided.npz', { testSize: 12 })).why).toContain('12 images');
    expect((await refused('stored.npz', { testSize: 2 })).why).toContain('a test set of their own: 6');
    const imagesOf = (bytes: Uint8Array) =>
      Array.from({ length: bytes.length / 24 }, (_, i) => String(bytes.subarray(i * 24, i * 24 + 24)));
    const drawn = await load('undivided.npz', { testSize: 4, seed: 1 });
    expect(drawn).toMatchObject({ testDrawn: true, train: { count: 8 }, test: { count: 4 } });
    const all = imagesOf(bytesOf('train.images'));
    const test = imagesOf(drawn.test.images);
    // each once, and both parts in their order
    expect(imagesOf(drawn.train.images)).toEqual(all.filter((image) => !test.includes(image)));
    expect(test).toEqual(all.filter((image) => test.includes(image)));
    const labelOf = (image: string) => bytesOf('train.labels')[all.indexOf(image)];
    expect([...drawn.test.labels]).toEqual(test.map(labelOf));
    expect(drawn.test).toEqual((await load('undivided.npz', { testSize: 4, seed: 1 })).test);
    expect(drawn.test).not.toEqual((await load('undivided.npz', { testSize: 4, seed: 2 })).test);
    expect((await load('places.npz', { testSize: 4, seed: 1 })).test).toEqual(drawn.test);
  });

  it.each([
    ['one-hot', /6 x 3, .*|12 x 3/, /argmax/],
    ['normalised', /go from -1 to 1 \(float64\)/, /before they were normalised/],
    ['nan', /no numbers \(NaN\)/, /unsigned bytes/],
    ['beyond', /go from 0 to 765 \(int32\)/, /--pixel-max 765/],
    ['matlab', /6 x 4 x 12, and there are 12 labels: the number of images comes last/, /moveaxis\(images, -1, 0\)/],
    ['matlab-colours', /6 x 4 x 3 x 12, and there are 12 labels/, /moveaxis/],
    ['objects', /pickled/, /astype/],
    ['unnamed', /no array is named as its training images.*\(a.npy\).*\(b.npy\)/, /x_train/],
  ])('are refused in words: %s', async (name, why, mend) => {
    const error = await refused(`${name}.npz`);
    expect(error.why).toMatch(why);
    expect(error.mend).toMatch(mend);
    expect(error.exitCode).toBe(2);
  });
});

describe('what stands in the place of a file of NumPy', () => {
  it.each([
    ['pointer.npz', 'version https://git-lfs.github.com/spec/v1\n', /a pointer of Git LFS/, /git lfs pull/],
    ['page.npz', '<!DOCTYPE html><html></html>', /a web page/, /want a login/],
    ['nothing.npz', '', /does not begin as a zip archive does/, /Fetch the file again/],
  ])('is named: %s', async (name, text, why, mend) => {
    await writeFile(join(folder, name), text);
    const error = await refused(name);
    expect(error.what).toContain(`${name} is no NumPy file`);
    expect(error.why).toMatch(why);
    expect(error.mend).toMatch(mend);
    await rm(join(folder, name));
  });
});

describe.skipIf(missing)('an archive that is damaged', () => {
  const path = join(folder, 'damaged.npz');
  const changed = async (name: string, change: (bytes: Buffer) => Buffer) => {
    await writeFile(path, change(await readFile(join(folder, name))));
    const error = await refused('damaged.npz');
    expect(error.exitCode).toBe(2);
    return error;
  };

  it('is refused, wherever it is cut', async () => {
    const whole = await readFile(join(folder, 'packed.npz'));
    for (let length = 4; length < whole.length; length += 37) {
      expect((await changed('packed.npz', (bytes) => bytes.subarray(0, length))).what).toContain('damaged.npz');
    }
  });

  it('is refused where bytes of its content are others', async () => {
    const at = (bytes: Buffer) => bytes.indexOf('\x93NUMPY', 0, 'latin1') + 128 + 10;
    const flipped = (bytes: Buffer) => {
      bytes[at(bytes)]! ^= 1;
      return bytes;
    };
    expect((await changed('stored.npz', flipped)).why).toContain('their sum is another');
  });

  it('or whose directory says that it unpacks to 4 GiB is refused by what its array says', async () => {
    const inPlace = (change: (bytes: Buffer) => void) => (bytes: Buffer) => {
      change(bytes);
      return bytes;
    };
    // the directory of the archive says that its first file has 2^32 - 2 bytes
    const size = inPlace((bytes) =>
      bytes.writeUInt32LE(2 ** 32 - 2, bytes.lastIndexOf('PK\x01\x02', -1, 'latin1') + 24),
    );
    expect((await changed('packed.npz', size)).what).toMatch(/truncated|trailing/);
  });
});

describe.skipIf(missing)('an array in a file of its own', () => {
  const shape = "'shape': (12, 6, 4), }";
  it.each([
    [shape, "'shape': (13, 6, 4), }", /is truncated.*13 x 6 x 4 of uint8, which take 440 bytes, but there are 416/s],
    [shape, "'shape': (11, 6, 4), }", /has trailing bytes/],
    [shape, `'shape': (${2 ** 40},)}`, /1099511627776 of uint8/],
    [shape, `'shape': (${'9'.repeat(9)},9)}`, /is truncated/],
    [shape, "'shape': (-1, -6, 4),}", /does not say order and shape/],
    [shape, "'shape': __import_()}", /no Python dictionary/],
    ["'fortran_order': True", "'fortran_order': 1   ", /does not say order and shape/],
    ['|u1', '|O8', /pickled/],
    ['|u1', '|V1', /records of several fields/],
    ['|u1', '<c8', /complex numbers/],
    ["{'descr'", "['descr'", /no Python dictionary/],
    ['\x93NUMPY\x01', '\x93NUMPY\x07', /version 7/],
    ['\x93NUMPY', '\x93NUMPX', /does not begin as a .npy file does/],
  ])('whose header is made to lie is refused before anything is read: %s -> %s', async (from, to, why) => {
    const place = join(folder, 'lying');
    await cp(join(folder, 'single'), place, { recursive: true });
    const path = join(place, 'X_train.npy');
    const bytes = await readFile(path);
    const at = bytes.indexOf(from, 0, 'latin1');
    expect(at).not.toBe(-1);
    bytes.write(to, at, 'latin1');
    await writeFile(path, bytes);
    const error = await refused('lying');
    expect(error.message).toMatch(why);
    expect(error.exitCode).toBe(2);
  });

  it('alone is no data set', async () => {
    expect((await refused('single/X_train.npy')).why).toContain('no array is named as its training labels');
  });
});

function typed(name: string): string {
  return `type-${name}`;
}
