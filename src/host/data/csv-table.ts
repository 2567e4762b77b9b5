// One CSV file of images and labels. It is read twice: first to count and understand it, then for its pixels; only labels are kept
// in between.

import { type CsvColumns, csvColumns, csvColumnsLike, labelColumnOf } from '../../data/csv-columns.ts';
import { CsvScanner, type CsvSink, numberIn, textIn } from '../../data/csv-scanner.ts';
import { PixelRange } from '../../data/pixel-scale.ts';
import { LockstepError } from '../../errors.ts';
import { shownValue } from '../../text/shown-value.ts';
import { type ByteStream, PIECE_BYTES, take } from './byte-stream.ts';
import { LabelWords } from './label-words.ts';

/** Images have at most 4096 x 4096 pixels. */
const MOST_COLUMNS = 2 ** 24 + 2;
/** Of a first row, whose fields are kept until it is understood. */
const MOST_FIRST = 2 ** 26;

export interface CsvTable {
  readonly name: string;
  readonly columns: CsvColumns;
  /** -1 where there is none. */
  readonly labelColumn: number;
  readonly pixels: number;
  readonly count: number;
  /** Numbers of their words. */
  readonly labels: Uint8Array;
  readonly words: LabelWords;
  /** Of all numbers that are no labels. */
  readonly ranges: readonly PixelRange[];
}

/** Fields are numbers, but for those of columns that may be labels. Rows are all of one length. */
abstract class Reading implements CsvSink {
  readonly name: string;
  protected columns: CsvColumns | null = null;
  /** Those of the row that is being read. */
  protected numbers = new Float64Array(0);
  protected filled = 0;
  /** What is told at the end of the row, with its line. */
  #fault: string | null = null;

  constructor(name: string) {
    this.name = name;
  }

  protected abstract label(column: number, bytes: Uint8Array, length: number): void;
  protected abstract isLabel(column: number): boolean;
  protected abstract endRow(): void;

  protected use(columns: CsvColumns): void {
    this.columns = columns;
    this.numbers = new Float64Array(columns.count);
  }

  field(column: number, bytes: Uint8Array, length: number): void {
    if (this.isLabel(column)) return this.label(column, bytes, length);
    const { count, hasIndex } = this.columns!;
    if (column >= count || (hasIndex && column === 0)) return;
    const number = numberIn(bytes, length);
    if (Number.isNaN(number)) {
      this.fault(`column ${column} is ${length === 0 ? 'empty' : `${shownValue(textIn(bytes, length))}, no number`}`);
    }
    this.numbers[this.filled++] = number;
  }

  /** The first of a row is told. */
  protected fault(why: string): void {
    this.#fault ??= why;
  }

  row(found: number, line: number): void {
    const { count } = this.columns!;
    if (found !== count) this.#fault = `it has ${found} fields, and the first row has ${count}`;
    if (this.#fault !== null) throw malformed(this.name, `line ${line}: ${this.#fault}`);
    this.endRow();
    this.filled = 0;
  }

  broken(why: string, line: number): never {
    throw malformed(this.name, `line ${line} ${why}`);
  }
}

/** A column that may be that of the labels. */
interface Candidate {
  readonly column: number;
  readonly words: LabelWords;
  /** What its numbers would be as pixels. */
  readonly range: PixelRange;
  labels: Uint8Array;
  /** It holds too many different things. */
  isOver: boolean;
}

/** Understands a file, counts its rows and gathers its labels. */
class FirstReading extends Reading {
  #first: string[] | null = [];
  #firstBytes = 0;
  #count = 0;
  #candidates: Candidate[] = [];
  readonly #range: PixelRange;
  readonly #columnsOf: (first: readonly string[]) => CsvColumns;
  readonly #words: LabelWords | null;

  /** `words`: of the file before. */
  constructor(name: string, columnsOf: (first: readonly string[]) => CsvColumns, words: LabelWords | null) {
    super(name);
    this.#range = new PixelRange(name, 'whole numbers');
    this.#columnsOf = columnsOf;
    this.#words = words;
  }

  override field(column: number, bytes: Uint8Array, length: number): void {
    if (this.#first === null) return super.field(column, bytes, length);
    this.#firstBytes += length;
    if (column < MOST_COLUMNS && this.#firstBytes < MOST_FIRST) this.#first.push(textIn(bytes, length));
    else throw malformed(this.name, `its first row has more than ${MOST_COLUMNS} columns, or ${MOST_FIRST} bytes`);
  }

  override row(found: number, line: number): void {
    if (this.#first === null) return super.row(found, line);
    const first = this.#first;
    this.#first = null;
    this.use(this.#columnsOf(first));
    const labels = this.columns!.labels;
    this.#candidates = labels.map((column) => ({
      column,
      words: this.#words ?? new LabelWords(),
      range: new PixelRange(this.name, 'whole numbers'),
      labels: new Uint8Array(1024),
      isOver: false,
    }));
    if (this.columns!.header !== null) return;
    const encoder = new TextEncoder();
    for (const [column, text] of first.entries()) {
      const bytes = encoder.encode(text);
      this.field(column, bytes, bytes.length);
    }
    this.row(found, line);
  }

  protected isLabel(column: number): boolean {
    return this.#candidates.some((one) => one.column === column);
  }

  protected label(column: number, bytes: Uint8Array, length: number): void {
    const one = this.#candidates.find((each) => each.column === column)!;
    const isOnly = this.#candidates.length === 1;
    if (!isOnly) one.range.look([numberIn(bytes, length)]);
    const text = textIn(bytes, length).trim();
    if (text === '') this.fault(`column ${column}, which holds the labels${isOnly ? '' : ' or pixels'}, is empty`);
    if (one.isOver || (!isOnly && !one.words.hasRoomFor(text))) {
      one.isOver = true;
      return;
    }
    if (this.#count === one.labels.length) {
      const larger = new Uint8Array(2 * this.#count);
      larger.set(one.labels);
      one.labels = larger;
    }
    one.labels[this.#count] = one.words.numberOf(text, this.name);
  }

  protected endRow(): void {
    const row = this.numbers.subarray(0, this.filled);
    this.#range.look(row);
    if (this.#range.type === 'whole numbers' && !row.every(Number.isInteger)) this.#range.type = 'floats';
    this.#count++;
  }

  /** All was read. */
  table(): CsvTable {
    if (this.columns === null || this.#count === 0) throw malformed(this.name, 'there is no row of numbers in it');
    const found = this.#candidates;
    const distinct = found.map(({ column, words, isOver }) => ({ column, distinct: isOver ? 257 : words.size }));
    const labelColumn = found.length > 1 ? labelColumnOf(this.name, distinct) : (found[0]?.column ?? -1);
    const chosen = found.find(({ column }) => column === labelColumn);
    if (chosen?.isOver) throw malformed(this.name, `column ${labelColumn} has more than 256 different values`);
    const others = found.filter((one) => one !== chosen).map(({ range }) => range);
    const { count, hasIndex } = this.columns;
    return {
      name: this.name,
      columns: this.columns,
      labelColumn,
      pixels: count - (hasIndex ? 1 : 0) - (labelColumn === -1 ? 0 : 1),
      count: this.#count,
      labels: chosen?.labels.slice(0, this.#count) ?? new Uint8Array(0),
      words: chosen?.words ?? new LabelWords(),
      ranges: [this.#range, ...others],
    };
  }
}

/** First reading of a file, from its beginning. `like`: the training file, of a further one. */
export async function readCsv(
  name: string,
  stream: ByteStream,
  separator: number,
  label: string | null,
  like: CsvTable | null,
): Promise<CsvTable> {
  const columnsOf = (first: readonly string[]) =>
    like === null ? csvColumns(name, first, label) : csvColumnsLike(name, first, like);
  const reading = new FirstReading(name, columnsOf, like?.words ?? null);
  const scanner = new CsvScanner(separator, reading);
  for (let piece = await take(stream, PIECE_BYTES); piece.length > 0; piece = await take(stream, PIECE_BYTES)) {
    scanner.add(piece);
  }
  scanner.end();
  return reading.table();
}

/** Hands on the pixels of each row, as numbers. */
export class PixelRows extends Reading {
  readonly #table: CsvTable;
  readonly #onRow: (numbers: Float64Array) => void;
  #isHeader: boolean;

  constructor(table: CsvTable, onRow: (numbers: Float64Array) => void) {
    super(table.name);
    this.#table = table;
    this.#onRow = onRow;
    this.#isHeader = table.columns.header !== null;
    this.use(table.columns);
  }

  override field(column: number, bytes: Uint8Array, length: number): void {
    if (!this.#isHeader) super.field(column, bytes, length);
  }

  override row(found: number, line: number): void {
    if (this.#isHeader) this.#isHeader = false;
    else super.row(found, line);
  }

  protected isLabel(column: number): boolean {
    return column === this.#table.labelColumn;
  }

  protected label(): void {}

  protected endRow(): void {
    this.#onRow(this.numbers.subarray(0, this.filled));
  }
}

export function malformed(name: string, why: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MALFORMED',
    what: `${name} is no table of images`,
    why,
    mend: 'Each row is to hold the pixels of one image, as numbers, and its label',
  });
}
