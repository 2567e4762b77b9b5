// Tables as text (RFC 4180, and what spreadsheets and pandas make of it): fields between separators, with quotes or without, lines
// that end with LF, CRLF or CR. Bytes come in pieces, fields go out as bytes; nothing but one field is kept. Pure.

/** A number has a few bytes, a label some more. */
const MOST_FIELD = 4096;

export interface CsvSink {
  /** The next field of a row, whose bytes are `bytes` up to `length`: valid until this returns. */
  field(column: number, bytes: Uint8Array, length: number): void;
  /** A row has ended, of so many fields. `line`: where it began, from 1. Lines with nothing in them are no rows. */
  row(columns: number, line: number): void;
  /** A field that has no end, or quotes that do not. */
  broken(why: string, line: number): never;
}

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

export class CsvScanner {
  readonly #separator: number;
  readonly #sink: CsvSink;
  readonly #field = new Uint8Array(MOST_FIELD);
  #length = 0;
  #column = 0;
  #line = 1;
  #rowLine = 1;
  #isQuoted = false;
  /** In a quoted field a quote was read, which ends it or stands for one. */
  #afterQuote = false;
  #wasQuoted = false;
  #afterCr = false;

  /** `separator`: its byte. */
  constructor(separator: number, sink: CsvSink) {
    this.#separator = separator;
    this.#sink = sink;
  }

  add(piece: Uint8Array): void {
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i]!;
      if (byte > 0x2f && byte < 0x3a && !this.#afterQuote && !this.#afterCr) {
        // a digit: most of what comes
        this.#keep(byte);
        continue;
      }
      if (this.#isQuoted && !this.#afterQuote) {
        if (byte === QUOTE) this.#afterQuote = true;
        else this.#keep(byte);
        if (byte === LF) this.#line++;
        continue;
      }
      if (this.#afterQuote) {
        this.#afterQuote = false;
        if (byte === QUOTE) {
          this.#keep(byte);
          continue;
        }
        this.#isQuoted = false;
      }
      if (byte === this.#separator) this.#endField();
      else if (byte === LF || byte === CR) this.#endLine(byte);
      else if (byte === QUOTE && this.#length === 0 && !this.#wasQuoted)
        [this.#isQuoted, this.#wasQuoted] = [true, true];
      else this.#keep(byte);
      this.#afterCr = byte === CR;
    }
  }

  end(): void {
    if (this.#isQuoted && !this.#afterQuote) this.#sink.broken('has a quote that does not end', this.#rowLine);
    if (this.#column > 0 || this.#length > 0 || this.#wasQuoted) this.#endRow();
  }

  #keep(byte: number): void {
    if (this.#length === MOST_FIELD) this.#sink.broken(`has a field of more than ${MOST_FIELD} bytes`, this.#rowLine);
    this.#field[this.#length++] = byte;
    this.#afterCr = false;
  }

  #endField(): void {
    this.#sink.field(this.#column++, this.#field, this.#length);
    this.#length = 0;
    this.#wasQuoted = false;
  }

  #endLine(byte: number): void {
    // CRLF is one end
    if (byte === LF && this.#afterCr) return;
    const isEmpty = this.#column === 0 && this.#length === 0 && !this.#wasQuoted;
    if (!isEmpty) this.#endRow();
    this.#line++;
    this.#rowLine = this.#line;
  }

  #endRow(): void {
    this.#endField();
    this.#sink.row(this.#column, this.#rowLine);
    this.#column = 0;
  }
}

/** The number that a field holds; NaN: none, and nothing but a number, perhaps with blanks around it. */
export function numberIn(bytes: Uint8Array, length: number): number {
  let number = 0;
  for (let i = 0; i < length; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9 || i > 14) return slowNumber(bytes, length);
    number = 10 * number + digit;
  }
  return length === 0 ? Number.NaN : number;
}

function slowNumber(bytes: Uint8Array, length: number): number {
  const text = textIn(bytes, length).trim();
  // no two parts of it that may share digits: they would be tried in every way
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

const decoder = new TextDecoder();

export function textIn(bytes: Uint8Array, length: number): string {
  // what is in shared memory cannot be decoded, and this is none
  return decoder.decode(bytes.subarray(0, length));
}
