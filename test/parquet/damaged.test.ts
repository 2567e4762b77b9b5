// What stands in a Parquet file is only what somebody wrote there: whatever is changed in one, it is read, or refused in words, and
// neither hangs nor takes more memory than it has bytes. small.parquet: six rows in two groups, by pyarrow, packed with snappy.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabelWords } from '../../src/host/data/label-words.ts';
import { ParquetFile } from '../../src/host/data/parquet-file.ts';
import { numberedByName, ParquetLabels } from '../../src/host/data/parquet-labels.ts';
import { gunzipPage } from '../../src/parquet/gzip.ts';
import { ColumnPages, hybrid } from '../../src/parquet/page.ts';
import { unsnappy } from '../../src/parquet/snappy.ts';
import { Fields, ParquetError, ThriftReader } from '../../src/parquet/thrift.ts';
import { seeded } from '../support/seeded.ts';

const whole = readFileSync(new URL('small.parquet', import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-parquet-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** All values of all its columns, or why there are none. */
async function read(bytes: Uint8Array): Promise<unknown[][] | string> {
  const path = join(folder, 'file.parquet');
  writeFileSync(path, bytes);
  try {
    const file = await ParquetFile.open(path);
    try {
      const columns: unknown[][] = [];
      for (const column of file.footer.columns.keys()) {
        const values: unknown[] = [];
        for await (const page of file.values(column)) values.push(...page);
        columns.push(values);
      }
      return columns;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof ParquetError) return error.message;
    throw error;
  }
}

describe('a Parquet file', () => {
  it('is read as it was written', async () => {
    const [images, paths, labels] = (await read(whole)) as unknown[][];
    expect(images!.map((one) => (one as Uint8Array).length)).toEqual(Array(6).fill((images![0] as Uint8Array).length));
    expect(paths!.map((one) => String.fromCharCode(...(one as Uint8Array)))).toEqual(
      [0, 1, 2, 3, 4, 5].map((row) => `${row}.png`),
    );
    expect(labels).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it('that is cut off, wherever, is refused', async () => {
    for (let end = 0; end < whole.length; end += 13)
      expect(await read(whole.subarray(0, end)), `${end}`).toMatch(/^it is/);
  });

  it('in which a byte was changed, whichever, is read or refused', async () => {
    const random = seeded('damaged Parquet files');
    let refused = 0;
    for (let i = 0; i < 500; i++) {
      const bytes = Uint8Array.from(whole);
      bytes[random.integer(0, bytes.length - 1)] = [0, 0xff, 0x80, 0x7f, random.integer(0, 255)][i % 5]!;
      if (typeof (await read(bytes)) === 'string') refused++;
    }
    expect(refused).toBeGreaterThan(100);
  });
});

describe('numbers in runs', () => {
  it('are repeated, and packed in eights', () => {
    // 3 times 1; then eight of 3 bits: 0 to 7 (the example of the format's own text)
    expect([...hybrid(Uint8Array.of(6, 1, 3, 0x88, 0xc6, 0xfa), 3, 11)]).toEqual([1, 1, 1, 0, 1, 2, 3, 4, 5, 6, 7]);
    expect([...hybrid(Uint8Array.of(4), 0, 2)]).toEqual([0, 0]);
    expect([...hybrid(Uint8Array.of(4, 0x39, 0x30), 16, 2)]).toEqual([12345, 12345]);
  });

  it('are no more than there are to be', () => {
    // a run of 2^31
    expect([...hybrid(Uint8Array.of(0xfe, 0xff, 0xff, 0xff, 0x0f, 1), 1, 2)]).toEqual([1, 1]);
    for (const bytes of [[], [0, 1], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [3], [6]]) {
      expect(() => hybrid(Uint8Array.from(bytes), 3, 11), `${bytes}`).toThrow(ParquetError);
    }
  });
});

describe('a page', () => {
  const column = { name: 'image', type: 'bytes', levels: 0, repeated: false } as const;
  const fieldsOf = (values: Readonly<Record<number, number | Fields>>) => {
    const fields = new Fields();
    for (const [id, value] of Object.entries(values)) fields.set(Number(id), value);
    return fields;
  };

  it('of few bytes that holds millions of pictures of nothing is refused', () => {
    const count = 2 ** 21;
    const body = gzipSync(new Uint8Array(4 * count));
    const head = fieldsOf({ 1: 0, 2: 4 * count, 5: fieldsOf({ 1: count, 2: 0 }) });
    const pages = new ColumnPages(column, { codec: 'gzip', start: 0, bytes: body.length, values: count });
    expect(() => pages.values({ fields: head, bytes: 0, body: body.length }, body)).toThrow('too many values');
  });
});

describe('labels', () => {
  const text = (word: string) => new TextEncoder().encode(word);

  it('take a byte each, and are told by the row in which they cannot be used', () => {
    const labels = new ParquetLabels('a.parquet', 4, null, new LabelWords());
    labels.add([2, 0]);
    expect(() => labels.add([1, null])).toThrow('row 3 has no label');
    labels.add([255, 1]);
    expect(labels.numbers).toEqual(Uint8Array.of(2, 0, 255, 1));
    const more = new ParquetLabels('b.parquet', 4, ['a', 'b'], new LabelWords());
    more.add([0]);
    expect(() => more.add([1, 2])).toThrow('that of row 2 is 2, and there are 2 classes');
  });

  it('that are texts are told as soon as there are too many of them, or one that is not trained on', () => {
    const words = new LabelWords();
    const [train, test] = [3, 2].map((rows) => new ParquetLabels('a.parquet', rows, null, words));
    train!.add(['b', 'c', 'b'].map(text));
    test!.add(['c', 'a'].map(text));
    expect(() => numberedByName([train!, test!], [train!], words)).toThrow(
      'that of row 1 is "a", and there are 2 classes',
    );
    const names = new ParquetLabels('a.parquet', 1000, null, new LabelWords());
    const many = Array.from({ length: 1000 }, (_, row) => text(`picture ${row}.png`));
    expect(() => names.add(many)).toThrow('has too many different labels');
  });
});

describe('snappy', () => {
  it('is unpacked: bytes as they are, and those that were there before', () => {
    // "abcd", then 4 bytes from 2 before, then 3 from 8 before by a long copy
    expect(Buffer.from(unsnappy(Uint8Array.of(11, 12, 97, 98, 99, 100, 1, 2, 10, 8, 0), 11)).toString()).toBe(
      'abcdcdcdabc',
    );
    expect([...unsnappy(Uint8Array.of(0), 0)]).toEqual([]);
  });

  it.each([
    ['a length that goes back, which never ended', [4, 0xfc, 0xfa, 0xff, 0xff, 0xff, 0, 0, 0, 0]],
    ['a copy of nothing', [4, 0, 97, 1, 0]],
    ['a copy from before the beginning', [4, 0, 97, 1, 9]],
    ['more than was promised', [4, 28, 97, 97, 97, 97, 97, 97, 97, 97]],
    ['less than was promised', [4, 0, 97]],
    ['a length that is cut off', [4, 0xf4, 1]],
    ['a copy that is cut off', [4, 0, 97, 2]],
    ['no length', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]],
    ['nothing', []],
  ])('with %s is refused', (_, bytes) => {
    expect(() => unsnappy(Uint8Array.from(bytes), 4)).toThrow(ParquetError);
  });
});

describe('gzip', () => {
  const packed = gzipSync(Buffer.alloc(5000, 'abc'));

  it('is unpacked', () => {
    expect(Buffer.from(gunzipPage(packed, 5000))).toEqual(Buffer.alloc(5000, 'abc'));
    expect(gunzipPage(gzipSync(''), 0)).toHaveLength(0);
  });

  it.each([
    ['more than was promised', packed, 4999],
    ['less than was promised', packed, 5001],
    ['a promise that no bytes can keep', packed, 2 ** 28],
    ['an end that is cut off', packed.subarray(0, -9), 5000],
    ['something else in it', Buffer.alloc(100, 7), 100],
    ['nothing', Buffer.alloc(0), 1],
  ])('with %s is refused', (_, bytes, length) => {
    expect(() => gunzipPage(bytes, length)).toThrow(ParquetError);
  });
});

describe('fields', () => {
  it.each([
    ['a list of 2^31 that is not there', [0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07]],
    ['a text of 2^31 bytes that is not there', [0x18, 0xff, 0xff, 0xff, 0xff, 0x07]],
    ['lists in lists in lists', [0x19, ...Array(1000).fill(0x19)]],
    ['structures in structures', Array(1000).fill(0x1c)],
    ['a number without an end', [0x16, ...Array(20).fill(0xff)]],
    ['a kind that there is none of', [0x1d]],
    ['no end', [0x15, 2]],
    // 3,000,000 structures of nothing, which would take a hundred times as many bytes
    ['more than any file has to say', [0x19, 0xfc, 0xc0, 0x8d, 0xb7, 0x01, ...new Uint8Array(3_000_000)]],
  ])('with %s are refused', (_, bytes) => {
    expect(() => new ThriftReader(Uint8Array.from(bytes)).struct()).toThrow(ParquetError);
  });
});
