// Thrift's compact protocol, in which Parquet writes what it says of itself: bytes -> fields by their numbers. Whatever the bytes
// say, no more is read or kept than there are bytes. Knows nothing of what the fields mean.

/** Why a file cannot be used, as the end of a sentence. */
export class ParquetError extends Error {
  override readonly name = 'ParquetError';
  /** What mends it, where that is not to fetch the file again. */
  readonly mend: string | null;

  constructor(message: string, mend: string | null = null) {
    super(message);
    this.mend = mend;
  }
}

export type Value = boolean | number | Uint8Array | readonly Value[] | Fields;

/** What Parquet needs, it nests no deeper. */
const DEEPEST = 16;
/** Values in one structure, and in all that are in it: a value takes up to two hundred times its byte. A file of 10,000 groups has half of it. */
const MOST_VALUES = 2 ** 21;
const type = { stop: 0, yes: 1, no: 2, byte: 3, i16: 4, i32: 5, i64: 6, double: 7, binary: 8, list: 9, set: 10, struct: 12 } as const; // biome-ignore format: a table

export class Fields {
  /** null: there are none, as in all those of which a file is made that is to take memory. */
  #values: Map<number, Value> | null = null;

  set(id: number, value: Value): void {
    this.#values ??= new Map();
    this.#values.set(id, value);
  }

  has(id: number): boolean {
    return this.#values?.has(id) ?? false;
  }

  /** A number that counts or measures something. @throws ParquetError where it is none */
  count(id: number): number {
    const value = this.#values?.get(id);
    if (typeof value === 'number' && value >= 0) return value;
    throw damaged();
  }

  flag(id: number): boolean {
    const value = this.#values?.get(id);
    if (typeof value === 'boolean') return value;
    throw damaged();
  }

  text(id: number): string {
    const value = this.#values?.get(id);
    if (value instanceof Uint8Array) return new TextDecoder().decode(value);
    throw damaged();
  }

  fields(id: number): Fields {
    const value = this.#values?.get(id);
    if (value instanceof Fields) return value;
    throw damaged();
  }

  /** Fields, one after the other; none where there is no such list. */
  list(id: number): readonly Fields[] {
    const value = this.#values?.get(id) ?? [];
    if (Array.isArray(value) && value.every((one) => one instanceof Fields)) return value as Fields[];
    throw damaged();
  }
}

export class ThriftReader {
  readonly #bytes: Uint8Array;
  at = 0;
  #values = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @throws ParquetError */
  struct(depth = 0): Fields {
    if (depth > DEEPEST) throw damaged();
    const fields = new Fields();
    for (let id = 0; ; ) {
      const head = this.#byte();
      const kind = head & 15;
      if (kind === type.stop) return fields;
      id = head >> 4 === 0 ? this.#zigzag() : id + (head >> 4);
      if (kind === type.yes || kind === type.no) fields.set(id, kind === type.yes);
      else fields.set(id, this.#value(kind, depth));
    }
  }

  #value(kind: number, depth: number): Value {
    if (++this.#values > MOST_VALUES) throw new ParquetError('it says more of itself than can be read');
    switch (kind) {
      case type.yes:
      case type.no:
        return this.#byte() === type.yes;
      case type.byte:
        return this.#byte();
      case type.i16:
      case type.i32:
      case type.i64:
        return this.#zigzag();
      case type.double:
        return this.#taken(8);
      case type.binary:
        return this.#taken(this.#varint());
      case type.list:
      case type.set:
        return this.#listOf(depth + 1);
      case type.struct:
        return this.struct(depth + 1);
      default:
        throw damaged();
    }
  }

  #listOf(depth: number): Value[] {
    if (depth > DEEPEST) throw damaged();
    const head = this.#byte();
    const size = head >> 4 === 15 ? this.#varint() : head >> 4;
    // each takes a byte at the least
    if (size > this.#bytes.length - this.at) throw damaged();
    const values: Value[] = [];
    for (let i = 0; i < size; i++) values.push(this.#value(head & 15, depth));
    return values;
  }

  #taken(length: number): Uint8Array {
    if (length > this.#bytes.length - this.at) throw damaged();
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  #byte(): number {
    if (this.at >= this.#bytes.length) throw damaged();
    return this.#bytes[this.at++]!;
  }

  #varint(): number {
    let value = 0;
    for (let place = 1; place < 2 ** 64; place *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * place;
      if (byte < 128) return value;
    }
    throw damaged();
  }

  /** Beyond 2^53 it is not exact; no such number is one that can be right. */
  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

export function damaged(): ParquetError {
  return new ParquetError('it is damaged: what it says of itself does not fit together');
}
