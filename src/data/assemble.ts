// The parts of a data set, by what their headers say -> one that fits together, or an error that says what does not. Knows
// nothing of files.

import { LockstepError } from '../errors.ts';
import type { DataSource, Reading, SourcePart } from './source.ts';
import { drawnTest } from './test-draw.ts';

/** One part of a data set, by the headers of its files. */
export interface Half {
  readonly images: { readonly name: string; readonly count: number; readonly rows: number; readonly columns: number };
  readonly labels: { readonly name: string; readonly count: number };
}

/** Of a part whose images and labels stand in one place. */
export function halfOf(
  { name, count }: Pick<SourcePart, 'name' | 'count'>,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Half {
  return { images: { name, count, rows, columns }, labels: { name, count } };
}

/** What a data set is, before its images are read. */
export interface DatasetShape {
  readonly train: { readonly count: number; readonly rows: number; readonly columns: number };
  readonly test: { readonly count: number; readonly rows: number; readonly columns: number };
  readonly classes: number;
  /** null: the classes are plain numbers from 0. */
  readonly classNames: readonly string[] | null;
  /** So many of the training images, the last ones, are a validation split that the data have themselves. */
  readonly validation: number;
}

/** What is known of a data set before its images are read, and its labels. */
export interface Assembled {
  readonly shape: DatasetShape;
  /** Class numbers. Those of the data's own validation split lie behind those that are trained on. */
  readonly labels: { readonly train: Uint8Array; readonly test: Uint8Array };
  /** Numbers of the training images that become the test set, ascending; null: it has one. */
  readonly drawn: Uint32Array | null;
  readonly remarks: readonly string[];
}

/** What the kernels address, images among it. */
const MOST_BYTES = 4 * 2 ** 30;
/** Labels are bytes. */
const MOST_CLASSES = 256;

/** @throws LockstepError where the headers alone show that the files do not fit together, or are too large */
export function checkHeaders(train: Half, ...others: readonly Half[]): void {
  for (const { images, labels } of [train, ...others]) {
    if (labels.count === images.count) continue;
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MISMATCH',
      what: 'There are not as many labels as images',
      why: `${labels.name} has ${labels.count} labels, ${images.name} has ${images.count} images`,
      mend: 'Give images and labels that belong together, one label an image',
    });
  }
  for (const other of others) {
    if (other.images.rows === train.images.rows && other.images.columns === train.images.columns) continue;
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MISMATCH',
      what: 'The images of one part are of another size than the training images',
      why: `${other.images.name} has images of ${sizeOf(other)}, ${train.images.name} of ${sizeOf(train)}`,
      mend: 'Give parts of one and the same data set: all images are of one size',
    });
  }
  const each = train.images.rows * train.images.columns + 1;
  const fitting = Math.floor(MOST_BYTES / each);
  const parts = [train, ...others].map(({ images }) => images);
  const found = parts.reduce((sum, { count }) => sum + count, 0);
  if (found <= fitting) return;
  const names = [...new Set(parts.map(({ name }) => name))];
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_TOO_LARGE',
    what: 'The data set is too large',
    why: `${names.join(' and ')} say${names.length === 1 ? 's' : ''} that ${names.length === 1 ? 'it has' : 'they have'} ${found} images of ${sizeOf(train)}, ${((found * each) / 2 ** 30).toFixed(2)} GiB, and the kernels address 4 GiB`,
    mend: fitting === 0 ? 'Use smaller images' : `Use fewer than ${fitting} images in all, or smaller ones`,
  });
}

/** A source -> what becomes of its parts. @throws LockstepError */
export function assembled(source: DataSource, reading: Reading): Assembled {
  const { train, validation, test } = source;
  const drawn = drawnTest(source, reading);
  const { classNames, first } = namesOf(source, reading);
  const moved = (labels: Uint8Array) => (first === 0 ? labels : labels.map((label) => label - first));
  const ofTrain = moved(train.labels);
  const isDrawn = new Set(drawn);
  const ofTest = test === null ? ofTrain.filter((_, at) => isDrawn.has(at)) : moved(test.labels);
  const kept = ofTrain.filter((_, at) => !isDrawn.has(at));
  const ofValidation = validation === null ? new Uint8Array(0) : moved(validation.labels);
  // of data that are all test set, their own labels
  const counted = ofTrain.length > 0 ? ofTrain : ofTest;
  const classes = classNames?.length ?? 1 + largest(counted);
  checkClasses(classes, ofTest, { name: labelsNameOf(test ?? train), first });
  if (validation !== null) checkClasses(classes, ofValidation, { name: labelsNameOf(validation), first });
  const labels = new Uint8Array(kept.length + ofValidation.length);
  labels.set(kept);
  labels.set(ofValidation, kept.length);
  const [rows, columns] = reading.transpose ? [source.columns, source.rows] : [source.rows, source.columns];
  const shape: DatasetShape = {
    train: { count: labels.length, rows, columns },
    test: { count: ofTest.length, rows, columns },
    classes,
    classNames,
    validation: ofValidation.length,
  };
  return {
    shape,
    labels: { train: labels, test: ofTest },
    drawn,
    remarks: [...source.remarks, ...saidOf(first, classes)],
  };
}

function saidOf(first: number, classes: number): string[] {
  if (first === 0) return [];
  return [
    `The labels begin with ${first}: they are moved to begin with 0, and the classes keep their names, ${first} to ${first + classes - 1} (--first-label 0 leaves them as they are)`,
  ];
}

function namesOf(
  { classNames, train, validation, test }: DataSource,
  { firstLabel }: Reading,
): { readonly classNames: readonly string[] | null; readonly first: number } {
  if (classNames !== null) {
    const plain = classNames.every((name, at) => name === String(at));
    if (!plain && classNames.length > MOST_CLASSES) throw tooManyClasses(train.name, classNames.length);
    return { classNames: plain ? null : classNames, first: 0 };
  }
  const parts = [train, validation, test].filter((part) => part !== null && part.count > 0) as readonly SourcePart[];
  const [main] = parts;
  const least = Math.min(...parts.map(({ labels }) => smallest(labels)));
  const first = firstLabel ?? (least === 1 && smallest(main!.labels) === 1 ? 1 : 0);
  if (first > least) throw belowFirst(parts, first);
  if (first === 0) return { classNames: null, first };
  const most = largest(main!.labels);
  return { classNames: Array.from({ length: most - first + 1 }, (_, at) => String(first + at)), first };
}

/** `labels`: from 0 on, which in the file are from `first` on. @throws LockstepError where one is beyond the classes */
function checkClasses(
  classes: number,
  labels: Uint8Array,
  { name, first }: { readonly name: string; readonly first: number },
): void {
  const beyond = labels.findIndex((label) => label >= classes);
  if (beyond === -1) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISMATCH',
    what: `${name} has a label beyond the classes`,
    why: `label ${first + labels[beyond]!} of image ${beyond}, but the training labels only go from ${first} to ${first + classes - 1}`,
    mend: 'Put training, validation and test files of one and the same data set into the folder',
  });
}

function belowFirst(parts: readonly SourcePart[], first: number): LockstepError {
  const part = parts.find(({ labels }) => smallest(labels) < first)!;
  return new LockstepError({
    code: 'ERR_LOCKSTEP_BAD_OPTION',
    what: `--first-label ${first} is above labels that there are`,
    why: `${labelsNameOf(part)} has label ${smallest(part.labels)}`,
    mend: `Give --first-label ${smallest(part.labels)}, or leave it out`,
  });
}

function tooManyClasses(name: string, found: number): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISMATCH',
    what: `${name} has more classes than can be told apart`,
    why: `it names ${found} classes, and ${MOST_CLASSES} are the limit`,
    mend: `Give data of at most ${MOST_CLASSES} classes, or name another column of labels: --label NAME`,
  });
}

function labelsNameOf({ labelsName, name }: SourcePart): string {
  return labelsName ?? name;
}

function smallest(labels: Uint8Array): number {
  return labels.reduce((least, label) => Math.min(least, label), 255);
}

function largest(labels: Uint8Array): number {
  return labels.reduce((most, label) => Math.max(most, label), 0);
}

function sizeOf({ images }: Half): string {
  return `${images.rows}x${images.columns}`;
}
