// A page of a column -> its values, in the encodings that pyarrow writes if nobody asks for others: plain, and numbers of a
// dictionary. What a page says of its size bounds all that is made of it.

import type { Chunk, Column } from './footer.ts';
import { gunzipPage } from './gzip.ts';
import { unsnappy } from './snappy.ts';
import { damaged, type Fields, ParquetError, ThriftReader } from './thrift.ts';

/** Bytes of a page, packed or not, and values in it: a page has one MiB as programs write it. */
const MOST_BYTES = 2 ** 28;
const MOST_VALUES = 2 ** 24;
/** Pictures and texts, each of which is an array of its own: a page of one MiB has far fewer. */
const MOST_ARRAYS = 2 ** 20;

/** null: missing. */
export type ColumnValue = Uint8Array | number | null;

export interface PageHeader {
  readonly fields: Fields;
  /** Of the header itself, and of the page behind it. */
  readonly bytes: number;
  readonly body: number;
}

const kind = { data: 0, index: 1, dictionary: 2, data2: 3 } as const;
const plain = 0;
const dictionaries: readonly number[] = [2, 8];
const encodings = ['plain', '', 'dictionary', 'RLE', 'bit-packed', 'DELTA_BINARY_PACKED', 'DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY', 'dictionary', 'BYTE_STREAM_SPLIT']; // biome-ignore format: a table

/** `bytes`: where a page begins, and what follows. @throws ParquetError */
export function pageHeader(bytes: Uint8Array): PageHeader {
  const reader = new ThriftReader(bytes);
  const fields = reader.struct();
  const body = fields.count(3);
  if (body > MOST_BYTES || fields.count(2) > MOST_BYTES) throw new ParquetError('it has a page that is too large');
  return { fields, bytes: reader.at, body };
}

/** Takes the pages of one chunk, in their order. */
export class ColumnPages {
  readonly #column: Column;
  readonly #chunk: Chunk;
  #dictionary: readonly ColumnValue[] | null = null;

  constructor(column: Column, chunk: Chunk) {
    this.#column = column;
    this.#chunk = chunk;
  }

  /** The values of a page; none of one that has none. @throws ParquetError */
  values({ fields }: PageHeader, body: Uint8Array): readonly ColumnValue[] {
    const size = fields.count(2);
    switch (fields.count(1)) {
      case kind.data:
        return this.#data(fields.fields(5), this.#unpacked(body, size));
      case kind.data2:
        return this.#data2(fields.fields(8), body, size);
      case kind.dictionary: {
        const count = this.#countIn(fields.fields(7));
        this.#dictionary = plainValues(this.#unpacked(body, size), this.#column.type, count);
        return [];
      }
      case kind.index:
        return [];
      default:
        throw damaged();
    }
  }

  #data(about: Fields, page: Uint8Array): readonly ColumnValue[] {
    const count = this.#countIn(about);
    if (this.#column.levels === 0) return this.#decoded(about.count(2), page, count);
    if (page.length < 4) throw damaged();
    const length = new DataView(page.buffer, page.byteOffset).getUint32(0, true);
    if (length > page.length - 4) throw damaged();
    return this.#withMissing(about.count(2), page.subarray(4, 4 + length), page.subarray(4 + length), count);
  }

  /** Its levels are not packed. */
  #data2(about: Fields, body: Uint8Array, size: number): readonly ColumnValue[] {
    const [count, levels] = [this.#countIn(about), about.count(5)];
    if (about.count(6) !== 0 || levels > body.length || levels > size) throw damaged();
    const rest = body.subarray(levels);
    const isPacked = !about.has(7) || about.flag(7);
    const page = isPacked ? this.#unpacked(rest, size - levels) : rest;
    if (this.#column.levels === 0) return this.#decoded(about.count(4), page, count);
    return this.#withMissing(about.count(4), body.subarray(0, levels), page, count);
  }

  #withMissing(encoding: number, levels: Uint8Array, page: Uint8Array, count: number): readonly ColumnValue[] {
    const most = this.#column.levels;
    const found = hybrid(levels, 32 - Math.clz32(most), count);
    const there = found.reduce((sum, level) => sum + (level === most ? 1 : 0), 0);
    const values = this.#decoded(encoding, page, there);
    if (there === count) return values;
    let next = 0;
    return Array.from(found, (level) => (level === most ? values[next++]! : null));
  }

  #decoded(encoding: number, page: Uint8Array, count: number): readonly ColumnValue[] {
    if (encoding === plain) return plainValues(page, this.#column.type, count);
    if (!dictionaries.includes(encoding)) {
      const name = encodings[encoding] || `number ${encoding}`;
      throw new ParquetError(
        `its column ${this.#column.name} is encoded by ${name}, and only plain values and dictionaries are read`,
      );
    }
    const dictionary = this.#dictionary;
    if (dictionary === null || page.length === 0) throw damaged();
    return Array.from(hybrid(page.subarray(1), page[0]!, count), (index) => {
      const value = dictionary[index];
      if (value === undefined) throw damaged();
      return value;
    });
  }

  /** No page, and no dictionary, has more values than all pages. */
  #countIn(about: Fields): number {
    const count = about.count(1);
    if (count > this.#chunk.values) throw damaged();
    if (count > MOST_VALUES) throw tooMany();
    return count;
  }

  #unpacked(body: Uint8Array, size: number): Uint8Array {
    const { codec } = this.#chunk;
    if (codec === 'snappy') return unsnappy(body, size);
    if (codec === 'gzip') return gunzipPage(body, size);
    if (codec !== 'plain') {
      throw new ParquetError(
        `it is packed with ${codec}, and only pages packed with snappy or gzip, and plain ones, are read`,
        'Write it anew as pyarrow packs by default: pyarrow.parquet.write_table(pyarrow.parquet.read_table(OLD), NEW)',
      );
    }
    if (body.length !== size) throw damaged();
    return body;
  }
}

function plainValues(page: Uint8Array, type: Column['type'], count: number): ColumnValue[] {
  if (type === 'bytes' && count > MOST_ARRAYS) throw tooMany();
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const values: ColumnValue[] = [];
  let at = 0;
  const left = (bytes: number) => {
    if (bytes > page.length - at) throw damaged();
    at += bytes;
    return at - bytes;
  };
  for (let i = 0; i < count; i++) {
    if (type === 'int32') values.push(view.getInt32(left(4), true));
    else if (type === 'int64') values.push(Number(view.getBigInt64(left(8), true)));
    else if (type === 'bytes') {
      const length = view.getUint32(left(4), true);
      const start = left(length);
      values.push(page.subarray(start, start + length));
    } else throw new ParquetError(`it has ${type} where whole numbers or bytes are needed`);
  }
  return values;
}

function tooMany(): ParquetError {
  return new ParquetError('it has a page of too many values');
}

/** Runs of one number, and numbers of `width` bits packed in eights, by turns. @throws ParquetError */
export function hybrid(bytes: Uint8Array, width: number, count: number): Int32Array {
  if (width > 31) throw damaged();
  const numbers = new Int32Array(count);
  let [at, filled] = [0, 0];
  const byte = () => {
    if (at >= bytes.length) throw damaged();
    return bytes[at++]!;
  };
  while (filled < count) {
    let head = 0;
    for (let place = 1; ; place *= 128) {
      const part = byte();
      head += (part & 127) * place;
      if (part < 128) break;
      if (place > 2 ** 28) throw damaged();
    }
    const size = Math.floor(head / 2);
    if (size === 0) throw damaged();
    if (head % 2 === 0) {
      let value = 0;
      for (let i = 0; i < width; i += 8) value += byte() * 2 ** i;
      const end = Math.min(count, filled + size);
      numbers.fill(value, filled, end);
      filled = end;
      continue;
    }
    const [start, base] = [at, 2 ** width];
    let [held, bits] = [0, 0];
    const end = Math.min(count, filled + 8 * size);
    for (; filled < end; filled++) {
      for (; bits < width; bits += 8) held += byte() * 2 ** bits;
      numbers[filled] = held % base;
      held = Math.floor(held / base);
      bits -= width;
    }
    // the last eight may be filled up
    at = start + size * width;
  }
  return numbers;
}
