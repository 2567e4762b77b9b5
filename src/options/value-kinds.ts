// The kinds of value that an option can have: what is allowed, in words and as a check, and how the text of a flag is
// read. Knows no option.

import { type AugmentChoice, augmentInOneForm, MOST_CROP } from '../data/augmentation.ts';
import { rangesOf, rangesText } from '../data/number-ranges.ts';
import { normalizeInOneForm } from '../model/normalization.ts';
import { nearestOf } from '../text/nearest.ts';

/** What JSON Schema says of a value. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Kind<T> {
  /** What is allowed, to follow "it must be". */
  readonly allowed: string;
  accepts(value: unknown): boolean;
  /** Text that cannot be read comes back as it is: `accepts` then refuses it, and the message shows what was typed. */
  fromText(text: string): unknown;
  /** A value as a flag takes it, where that is not its text as it stands (of a list, with commas). */
  asText?(value: T): string;
  /** Where one value may be written in several ways: the form in which it is kept and compared. It must accept the value. */
  inOneForm?(value: T): T;
  /**
   * What is allowed in a configuration file, as JSON Schema (draft 7). It allows all that `accepts` does, and besides only what no
   * schema can tell apart, such as the order of numbers within a text. Its `enum` and `const` are what a shell completes.
   */
  readonly schema: JsonSchema;
  /** What lies where a path leads, for a shell to complete it. */
  readonly path?: PathKind | undefined;
  /** Of a value that may hold a password: how an error shows it. */
  readonly shown?: ((value: string) => string) | undefined;
  /** What may have been meant by a value that is refused; null: nobody knows. */
  readonly meant?: ((value: unknown) => string | null) | undefined;
  /** Never set: it only ties the kind to the type of its values. */
  readonly type?: T;
}

export type PathKind = 'file' | 'folder' | 'run';

export function integer(min: number, max: number): Kind<number> {
  return {
    allowed: `an integer from ${min} to ${max}`,
    accepts: (value) => isInteger(value, min, max),
    fromText: numberFromText,
    schema: { type: 'integer', minimum: min, maximum: max },
  };
}

/** Powers of two from 1 to `max`, itself a power of two below 2^31. */
export function powerOfTwo(max: number): Kind<number> {
  return {
    allowed: `a power of two from 1 to ${max}`,
    accepts: (value) => isInteger(value, 1, max) && (value & (value - 1)) === 0,
    fromText: numberFromText,
    schema: { enum: powersOfTwo(max) },
  };
}

/** Numbers from 0 to below 1. */
export const fraction: Kind<number> = {
  allowed: 'a number from 0 to below 1',
  accepts: (value) => typeof value === 'number' && value >= 0 && value < 1,
  fromText: numberFromText,
  schema: { type: 'number', minimum: 0, exclusiveMaximum: 1 },
};

export const share: Kind<number> = {
  allowed: 'a number from 0 to 1',
  accepts: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  fromText: numberFromText,
  schema: { type: 'number', minimum: 0, maximum: 1 },
};

/** Numbers above 0. */
export function positive(max: number): Kind<number> {
  return {
    allowed: `a number above 0 and at most ${max}`,
    accepts: (value) => typeof value === 'number' && value > 0 && value <= max,
    fromText: numberFromText,
    schema: { type: 'number', exclusiveMinimum: 0, maximum: max },
  };
}

/** Numbers from 0 on. */
export function notNegative(max: number): Kind<number> {
  return {
    allowed: `a number from 0 to ${max}`,
    accepts: (value) => typeof value === 'number' && value >= 0 && value <= max,
    fromText: numberFromText,
    schema: { type: 'number', minimum: 0, maximum: max },
  };
}

/** A list of layer widths; on the command line with commas between them. */
export function widths(maxLayers: number, maxWidth: number): Kind<readonly number[]> {
  return {
    allowed: `a list of 1 to ${maxLayers} integers from 1 to ${maxWidth}`,
    accepts: (value) =>
      Array.isArray(value) &&
      value.length >= 1 &&
      value.length <= maxLayers &&
      value.every((width) => isInteger(width, 1, maxWidth)),
    fromText: (text) => {
      const read = text.split(',').map(numberFromText);
      return read.every((width) => typeof width === 'number') ? read : text;
    },
    schema: {
      type: 'array',
      minItems: 1,
      maxItems: maxLayers,
      items: { type: 'integer', minimum: 1, maximum: maxWidth },
    },
  };
}

/** Rows and columns; on the command line 28x20, or 28 for 28x28. */
export function sizeOfImage(most: number): Kind<readonly [number, number]> {
  return {
    allowed: `one or two integers from 1 to ${most}, such as 28 or 28x20 (rows x columns; a list of two in a file)`,
    accepts: (value) => Array.isArray(value) && value.length === 2 && value.every((side) => isInteger(side, 1, most)),
    fromText: (text) => {
      const [, rows, columns = rows] = /^(\d{1,5})(?:x(\d{1,5}))?$/i.exec(text) ?? [];
      return rows === undefined ? text : [Number(rows), Number(columns)];
    },
    asText: ([rows, columns]) => `${rows}x${columns}`,
    schema: { type: 'array', items: { type: 'integer', minimum: 1, maximum: most }, minItems: 2, maxItems: 2 },
  };
}

/** Numbers as text in one form, since two lists that are equal have to be told to be (data/number-ranges.ts). */
export function numberList(of: 'image' | 'step'): Kind<string> {
  return {
    allowed: `a list of ${of} numbers and ranges in ascending order, such as 5,17,100-120, of at most 20,000 characters`,
    accepts: (value) => typeof value === 'string' && value.length <= 20_000 && inOneForm(value) === value,
    fromText: (text) => inOneForm(text) ?? text,
    // that numbers ascend is beyond a pattern
    schema: { type: 'string', maxLength: 20_000, pattern: '^(0|[1-9][0-9]*)([,-](0|[1-9][0-9]*))*$' },
  };
}

function inOneForm(text: string): string | null {
  const ranges = rangesOf(text);
  return ranges === null ? null : rangesText(ranges);
}

export const onOff: Kind<boolean> = {
  allowed: 'true or false',
  accepts: (value) => typeof value === 'boolean',
  fromText: (text) => text,
  schema: { type: 'boolean' },
};

/** Which figures are too large, or named twice, is beyond a pattern. */
const augmentPart = '(rotate|crop)=[0-9]{1,3}([.][0-9]{1,6})?';
const momentNumber = '[0-9]+([.][0-9]+)?(e-[0-9]+)?';

export const augmentChoice: Kind<AugmentChoice> = {
  allowed: `none, or rotate=DEGREES,crop=PIXELS with 0 to 180 degrees and 0 to ${MOST_CROP} whole pixels (true and false in a file: rotate=10,crop=2 and none)`,
  accepts: (value) => augmentInOneForm(value) !== null,
  fromText: (text) => text,
  inOneForm: (value) => augmentInOneForm(value) ?? value,
  schema: {
    anyOf: [{ type: 'boolean' }, { const: 'none' }, { type: 'string', pattern: `^${augmentPart}(,${augmentPart})?$` }],
  },
};

export const normalizeChoice: Kind<string> = {
  allowed:
    'dataset, or MEAN,STD of pixels from 0 to 1, such as 0.1307,0.3081: a mean from 0 to 1, a deviation from 0.001 to 1000',
  accepts: (value) => normalizeInOneForm(value) !== null,
  fromText: (text) => text,
  inOneForm: (value) => normalizeInOneForm(value) ?? value,
  schema: {
    anyOf: [{ const: 'dataset' }, { type: 'string', pattern: `^(dataset:)?${momentNumber},${momentNumber}$` }],
  },
};

/** Paths: what lies there, or may lie there, is found out by whoever goes there. */
export const folderPath = pathOf('a folder', 'folder');
export const filePath = pathOf('a file', 'file');
export const filePathOrFolder = pathOf('a file or folder', 'file');
export const runPath = pathOf('a folder', 'run');

export const text: Kind<string> = {
  allowed: 'a text that is not empty',
  accepts: (value) => typeof value === 'string' && value !== '',
  fromText: (value) => value,
  schema: { type: 'string', minLength: 1 },
};

export function oneOf<const T extends string>(...words: readonly T[]): Kind<T> {
  return {
    allowed: words.join(' or '),
    accepts: (value) => words.some((word) => word === value),
    fromText: (text) => text,
    schema: { enum: words },
    meant: (value) => (typeof value === 'string' && value !== '' ? (nearestOf(value, words) ?? null) : null),
  };
}

/** A word, or what the other kind allows. */
export function wordOr<const W extends string, T>(word: W, kind: Kind<T>): Kind<W | T> {
  return {
    allowed: `"${word}" or ${kind.allowed}`,
    accepts: (value) => value === word || kind.accepts(value),
    fromText: (text) => (text === word ? text : kind.fromText(text)),
    schema: { anyOf: [{ const: word }, kind.schema] },
    path: kind.path,
    shown: kind.shown,
  };
}

/** Which of a run's checkpoints: the newest, the best by validation loss, or that of a step. */
export type CheckpointChoice = 'last' | 'best' | number;
export const checkpointChoice: Kind<CheckpointChoice> = wordOr('last', wordOr('best', integer(1, 2 ** 32 - 1)));

/** The first digits of a SHA-256, or all of them. */
export const digestStart: Kind<string> = {
  allowed: 'the first 16 to 64 hex digits of a digest',
  accepts: (value) => typeof value === 'string' && /^[0-9a-f]{16,64}$/i.test(value),
  fromText: (text) => text,
  schema: { type: 'string', pattern: '^[0-9a-fA-F]{16,64}$' },
};

/** On the command line with commas between them. */
export const names: Kind<readonly string[]> = {
  allowed: 'a list of names',
  accepts: (value) => Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== ''),
  fromText: (text) => text.split(','),
  schema: { type: 'array', items: { type: 'string', minLength: 1 } },
};

/** null stands for "not given"; no text means it. */
export function orNull<T>(kind: Kind<T>): Kind<T | null> {
  return {
    allowed: kind.allowed,
    accepts: (value) => value === null || kind.accepts(value),
    fromText: kind.fromText,
    schema: { anyOf: [kind.schema, { type: 'null' }] },
    path: kind.path,
    shown: kind.shown,
    asText: (value) => (value === null ? 'null' : flagText(kind, value)),
  };
}

/** A value as its flag takes it. */
export function flagText<T>(kind: Kind<T>, value: T): string {
  return kind.asText?.(value) ?? String(value);
}

function pathOf(what: string, path: PathKind): Kind<string> {
  return {
    allowed: `the path of ${what}`,
    accepts: (value) => typeof value === 'string' && value !== '' && !value.includes('\0'),
    fromText: (text) => text,
    schema: { type: 'string', pattern: '^[^\\u0000]+$' },
    path,
  };
}

function powersOfTwo(max: number): number[] {
  return max === 1 ? [1] : [...powersOfTwo(max / 2), max];
}

function isInteger(value: unknown, min: number, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

/** Decimal notation only: Number() alone would read "" as 0, and "0x10" as 16. */
function numberFromText(text: string): unknown {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
  // what is too large for a number is told as it was typed
  return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY ? text : value;
}
