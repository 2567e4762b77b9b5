// The labels in the rows of a Parquet file, gathered page by page: a byte each, whatever a file of few bytes says of how many there
// are. Knows no file.

import { labelBytes } from '../../data/labels.ts';
import { LockstepError } from '../../errors.ts';
import type { ColumnValue } from '../../parquet/page.ts';
import { ParquetError } from '../../parquet/thrift.ts';
import { byCodePoints } from '../../text/class-names.ts';
import { shownValue } from '../../text/shown-value.ts';
import type { LabelWords } from './label-words.ts';

/** Of one file. */
export class ParquetLabels {
  readonly path: string;
  /** Of each row its class number, or where labels are texts the number of its text. */
  readonly numbers: Uint8Array;
  /** They are texts; false where there is no row. */
  areTexts = false;
  /** Names of the classes that the file notes. */
  readonly #classNames: readonly string[] | null;
  readonly #words: LabelWords;
  #filled = 0;

  /** `words`: of all files of the data set. */
  constructor(path: string, rows: number, classNames: readonly string[] | null, words: LabelWords) {
    this.path = path;
    this.numbers = new Uint8Array(rows);
    this.#classNames = classNames;
    this.#words = words;
  }

  /** Those of the next rows. @throws ParquetError, LockstepError */
  add(values: readonly ColumnValue[]): void {
    const missing = values.indexOf(null);
    if (missing !== -1) throw new ParquetError(`row ${this.#filled + missing} has no label`);
    this.areTexts ||= values[0] instanceof Uint8Array;
    this.numbers.set(
      this.areTexts ? this.#ofTexts(values as Uint8Array[]) : this.#ofNumbers(values as number[]),
      this.#filled,
    );
    this.#filled += values.length;
  }

  #ofTexts(values: readonly Uint8Array[]): number[] {
    return values.map((bytes) => this.#words.numberOf(new TextDecoder().decode(bytes), this.path));
  }

  #ofNumbers(values: readonly number[]): Uint8Array {
    const classes = this.#classNames?.length ?? Number.POSITIVE_INFINITY;
    const beyond = values.findIndex((label) => label < 0 || label >= classes);
    if (beyond !== -1) {
      const there = this.#classNames === null ? 'the first class is 0' : `there are ${classes} classes`;
      throw noClass(this.path, this.#filled + beyond, String(values[beyond]), there);
    }
    return labelBytes(values, { name: this.path, type: 'int64', at: this.#filled });
  }
}

/**
 * Labels that are texts become numbers of classes, in place: those of the training files, in the order of their code points.
 * @throws LockstepError where another file has one that they have not
 */
export function numberedByName(
  all: readonly ParquetLabels[],
  train: readonly ParquetLabels[],
  words: LabelWords,
): string[] {
  const { texts } = words;
  const trained = new Set<number>();
  for (const { numbers } of train) for (const number of numbers) trained.add(number);
  const classNames = [...trained].map((number) => texts[number]!).sort(byCodePoints);
  const classOf = new Map(classNames.map((name, label) => [texts.indexOf(name), label]));
  for (const { path, numbers } of all) {
    const stray = numbers.findIndex((number) => !classOf.has(number));
    if (stray !== -1) {
      throw noClass(path, stray, shownValue(texts[numbers[stray]!]), `there are ${classNames.length} classes`);
    }
    for (let row = 0; row < numbers.length; row++) numbers[row] = classOf.get(numbers[row]!)!;
  }
  return classNames;
}

function noClass(path: string, row: number, label: string, classes: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISMATCH',
    what: `${path} has a label that is none of the classes`,
    why: `that of row ${row} is ${label}, and ${classes}`,
    mend: 'Take out the rows without a label, or choose another column with --label NAME',
  });
}
