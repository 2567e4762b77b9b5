// Folders of pictures, as people have them: parts and classes by their names, the order of bytes, names of any bytes, what lies
// about in them, and what is refused, each in words.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plainReading, type Reading, type SourcePart } from '../../../src/data/source.ts';
import { pictureReader } from '../../../src/host/data/picture-reader.ts';
import { encodePng } from '../../../src/image/png-encode.ts';
import { greyPng } from '../../support/picture-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-pictures-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** 2 x 2 pixels of one brightness. */
const plain = (value: number) => greyPng(2, new Uint8Array(4).fill(value));

function put(path: string | Buffer, bytes: Uint8Array = plain(0)): void {
  const whole = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path)]);
  mkdirSync(whole.subarray(0, whole.lastIndexOf('/')), { recursive: true });
  writeFileSync(whole, bytes);
}

const found = (path: string) => ({ path, kind: 'folder' as const, names: [], folders: [], head: new Uint8Array(0) });

async function opened(reading: Partial<Reading> = {}, path = folder) {
  const told: string[] = [];
  const deps = { reading: { ...plainReading, ...reading }, instead: '', tell: (message: string) => told.push(message) };
  const source = await pictureReader.open(found(path), deps);
  return { source, told };
}

/** The first pixel of each image, and its label. */
async function contentOf(part: SourcePart, pixels: number) {
  const target = new Uint8Array(part.count * pixels);
  // in two pieces, as it is read to memory
  const half = Math.floor(part.count / 2) * pixels;
  await part.read(target.subarray(0, half));
  await part.read(target.subarray(half));
  return Array.from(part.labels, (label, i) => [target[i * pixels], label]);
}

const refusal = async (reading: Partial<Reading> = {}) => {
  const error = await opened(reading).then(
    () => null,
    (thrown: { what: string; why: string; mend: string }) => thrown,
  );
  return `${error?.what}: ${error?.why}. ${error?.mend}`.replaceAll(folder, '.');
};

describe('a folder of pictures', () => {
  it('with parts and classes', async () => {
    put('train/b/1.png', plain(1));
    put('train/a/2.PNG', plain(2));
    put('train/a/10.jpg', plain(3));
    put('val/b/x.png', plain(4));
    put('test/a/x.png', plain(5));
    put('test/b/x.png', plain(6));
    expect(await pictureReader.matches(found(folder))).toBe(true);
    const { source } = await opened();
    const { form, rows, columns, classNames, remarks } = source;
    expect({ form, rows, columns, classNames, remarks }).toEqual({
      form: 'pictures',
      rows: 2,
      columns: 2,
      classNames: ['a', 'b'],
      remarks: [],
    });
    // by the bytes of their paths: a/10.jpg, a/2.PNG, b/1.png
    expect(await contentOf(source.train, 4)).toEqual([
      [3, 0],
      [2, 0],
      [1, 1],
    ]);
    expect(await contentOf(source.validation!, 4)).toEqual([[4, 1]]);
    expect(await contentOf(source.test!, 4)).toEqual([
      [5, 0],
      [6, 1],
    ]);
    await source.close();
  });

  it('with classes alone, also below the one folder of an archive, and folders within those of classes', async () => {
    put('archive/cats/old/1.png', plain(1));
    put('archive/cats/2.png', plain(2));
    put('archive/dogs/1.png', plain(3));
    const { source, told } = await opened();
    expect(told).toEqual([`The pictures were found in ${folder}/archive`]);
    expect(source.classNames).toEqual(['cats', 'dogs']);
    expect(await contentOf(source.train, 4)).toEqual([
      [2, 0],
      [1, 0],
      [3, 1],
    ]);
    expect([source.validation, source.test]).toEqual([null, null]);
  });

  it('whose classes are called like parts', async () => {
    for (const name of ['train', 'bus', 'test']) put(`${name}/1.png`);
    expect((await opened()).source.classNames).toEqual(['bus', 'test', 'train']);
  });

  it.each(['training testing', 'Train VALID Test', 'train validation'])('with parts called %s', async (names) => {
    for (const name of names.split(' ')) put(`${name}/a/1.png`);
    const { source } = await opened();
    expect(source.train.name).toBe(`${folder}/${names.split(' ')[0]}`);
    expect(source.validation !== null).toBe(/val/i.test(names));
    expect(source.test !== null).toBe(/test/i.test(names));
  });

  it('comes in the order of bytes, whatever they mean', async () => {
    // a-b before a/: but the class a comes before the class a-b
    for (const [name, value] of [['a/1.png', 1], ['a-b/1.png', 2], ['B/1.png', 3], ['é/1.png', 4], ['z/1.png', 5], ['Ａ/1.png', 6], ['🦒/1.png', 7]] as const) put(name, plain(value)); // biome-ignore format: a table
    const { source } = await opened();
    expect(source.classNames).toEqual(['B', 'a', 'a-b', 'z', 'é', 'Ａ', '🦒']);
    expect(await contentOf(source.train, 4)).toEqual([
      [3, 0],
      [2, 2],
      [1, 1],
      [5, 3],
      [4, 4],
      [6, 5],
      [7, 6],
    ]);
  });

  it.skipIf(process.platform !== 'linux')('may have names that are no UTF-8', async () => {
    put(Buffer.from('caf\xe9/\xff.png', 'latin1'), plain(1));
    put('café/1.png', plain(2));
    const { source } = await opened();
    expect(source.classNames).toEqual(['café', 'caf\\xe9']);
    expect(await contentOf(source.train, 4)).toEqual([
      [2, 0],
      [1, 1],
    ]);
    put(Buffer.from('caf\xe9/\xfe.png', 'latin1'), Buffer.from('GIF89a'));
    expect(await refusal()).toBe(
      'The picture ./caf\\xe9/\\xfe.png cannot be used: it is a GIF, and only PNG and JPEG can be read: save it as one of them. Repair it, or take it out of the folder',
    );
  });

  it('leaves out what is no picture, and says so', async () => {
    put('train/10/1.png');
    put('train/2/1.png');
    put('train/2/Thumbs.db');
    put('train/2/.DS_Store');
    put('train/2/._1.png');
    put('train/README.md');
    put('train/loose.png');
    put('train/.ipynb_checkpoints/x.png');
    put('__MACOSX/train/2/._1.png');
    put('labels.csv');
    put('extra/1.png');
    mkdirSync(join(folder, 'train/3'));
    const { source } = await opened();
    expect(source.train.count).toBe(2);
    expect(source.remarks.map((remark) => remark.replaceAll(folder, '.'))).toEqual([
      '1 folder without a picture left out: ./train/3',
      '4 files or folders left out, since no PNG or JPEG of a part: ./train/2/Thumbs.db, ./train/README.md, ./extra/, ./labels.csv',
      '1 picture left out, since in no folder of a class: ./train/loose.png',
      'The folders are numbers, and classes come in the order of letters, as in torchvision: 10, 2',
    ]);
  });
});

describe('sizes and colours', () => {
  it('that differ are refused, or brought to one', async () => {
    put('a/1.png', greyPng(2, Uint8Array.of(0, 100)));
    put('a/2.png', greyPng(4, Uint8Array.of(1, 2, 3, 4)));
    put('b/1.png', greyPng(4, Uint8Array.of(5, 6, 7, 8)));
    put('b/2.png', greyPng(2, Uint8Array.of(9, 9, 9, 9)));
    expect(await refusal()).toBe(
      'The pictures in . are not of one size: they have 3 sizes (rows x columns): ./a/1.png has 1x2, ./a/2.png has 1x4. Bring them to one size: --image-size 1x4 (or smaller); sides in another proportion are stretched',
    );
    const { source } = await opened({ imageSize: { rows: 1, columns: 4 } });
    const target = new Uint8Array(16);
    await source.train.read(target);
    expect([...target]).toEqual([0, 25, 75, 100, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9]);
    expect(source.remarks).toEqual(['2 pictures brought to 1x4 pixels, 2 of them stretched']);
  });

  it('of colours are made grey where it is asked for', async () => {
    put('a/1.png', encodePng(1, 1, 3, Uint8Array.of(255, 0, 0)));
    const read = async (grey: boolean) => {
      const target = new Uint8Array(1);
      await (await opened({ grey })).source.train.read(target);
      return target[0];
    };
    await expect(read(false)).rejects.toThrow(
      /a\/1\.png cannot be used: it has colours.* Make all of them grey: --grey/,
    );
    expect(await read(true)).toBe(76);
  });
});

describe('is refused', () => {
  it('with a picture that is none, is cut off or damaged, by its name', async () => {
    put('a/1.png');
    put('a/2.png', Buffer.from('hello'));
    expect(await refusal()).toContain('The picture ./a/2.png cannot be used: it is neither PNG nor JPEG');
    put('a/2.png', Buffer.from('version https://git-lfs.github.com/spec/v1\n'));
    expect(await refusal()).toContain('it is a pointer of Git LFS, and git lfs pull fetches the picture');
    put('a/2.png', new Uint8Array(0));
    expect(await refusal()).toContain('The picture ./a/2.png cannot be used: it is empty');
    put('a/2.png', plain(1).subarray(0, 20));
    expect(await refusal()).toContain('The picture ./a/2.png cannot be used: it is damaged');
    put('a/2.png', plain(1).subarray(0, 50));
    const { source } = await opened();
    await expect(source.train.read(new Uint8Array(8))).rejects.toThrow(/a\/2\.png cannot be used: it is a damaged PNG/);
  });

  it('with pictures of other forms, links that lead nowhere or round, and pipes', async () => {
    put('a/1.png');
    put('a/2.webp');
    expect(await refusal()).toContain('./a/2.webp cannot be used: only PNG and JPEG can be read');
    rmSync(join(folder, 'a/2.webp'));
    symlinkSync('nowhere', join(folder, 'a/2.png'));
    expect(await refusal()).toContain('./a/2.png cannot be used: it is a link that leads nowhere');
    rmSync(join(folder, 'a/2.png'));
    symlinkSync('.', join(folder, 'a/2'));
    expect(await refusal()).toContain('./a/2 cannot be used: it is a link to a folder that it lies in');
    rmSync(join(folder, 'a/2'));
    execFileSync('mkfifo', [join(folder, 'a/2.png')]);
    expect(await refusal()).toContain('./a/2.png cannot be used: it is a pipe, not a file');
  });

  it('where classes do not fit, are too many, or are none', async () => {
    put('train/a/1.png');
    put('test/b/1.png');
    expect(await refusal()).toContain(
      'The folder ./test/b is of no known class: there are no training pictures of a class of that name in ./train',
    );
    rmSync(join(folder, 'test'), { recursive: true });
    put('training/a/1.png');
    expect(await refusal()).toContain(
      'There are two folders of training pictures: ./train and ./training are both called so',
    );
    rmSync(join(folder, 'training'), { recursive: true });
    for (let i = 0; i < 256; i++) put(`train/${i}/1.png`);
    expect(await refusal()).toContain('it has 257 folders with pictures, and 256 classes are the limit');
  });

  it('where pictures lie in it and not in folders', async () => {
    put('1.png');
    put('2.png');
    expect(await pictureReader.matches(found(folder))).toBe(true);
    expect(await refusal()).toContain(
      'There are no classes of pictures in .: 2 pictures lie in . itself, and the folder of a picture is its label',
    );
  });

  it('with options of other sources', async () => {
    put('a/1.png');
    expect(await refusal({ pixelMax: 16 })).toContain('--pixel-max 16 does not go with pictures');
    expect(await refusal({ label: 'x' })).toContain('--label does not go with pictures');
  });
});

describe('links', () => {
  it('to pictures and folders are followed', async () => {
    put('store/1.png', plain(1));
    put('store/2.png', plain(2));
    mkdirSync(join(folder, 'data/b'), { recursive: true });
    symlinkSync('../store', join(folder, 'data/a'));
    symlinkSync('../../store/1.png', join(folder, 'data/b/1.png'));
    const { source } = await opened({}, join(folder, 'data'));
    expect(await contentOf(source.train, 4)).toEqual([
      [1, 0],
      [2, 0],
      [1, 1],
    ]);
  });
});

it('no folder of pictures is one without any, or one of IDX files with a picture', async () => {
  put('a/b/readme.txt');
  expect(await pictureReader.matches(found(folder))).toBe(false);
  expect(await pictureReader.matches(found(`${dirname(folder)}/nothing`))).toBe(false);
  put('a/screenshot.png');
  expect(await pictureReader.matches(found(folder))).toBe(true);
  // a table that a picture tells of, and one that tells of pictures
  const withTable = { ...found(folder), names: ['train.csv'] };
  expect(await pictureReader.matches(withTable)).toBe(true);
  rmSync(join(folder, 'a'), { recursive: true });
  put('screenshot.png');
  expect(await pictureReader.matches(withTable)).toBe(false);
  put('MNIST/raw/train-images-idx3-ubyte.gz');
  expect(await pictureReader.matches(found(folder))).toBe(false);
});
