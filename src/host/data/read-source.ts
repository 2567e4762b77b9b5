// A source that was opened -> its images, read to where they are to lie. Knows no format.

import type { Assembled, DatasetShape } from '../../data/assemble.ts';
import type { Dataset, DatasetPlace, ImageSet } from '../../data/dataset.ts';
import type { DataSource, SourcePart } from '../../data/source.ts';
import { transposed } from '../../data/transpose.ts';

/** Of what is read at once: while one such piece is read the one before is looked at. */
const PIECE_BYTES = 2 ** 22;

export interface Placing {
  readonly transpose: boolean;
  /** Where the data are to lie; null: in arrays of their own. */
  readonly place: DatasetPlace | null;
  /** Hears all of it, in the order of its digest. */
  readonly seen: (piece: Uint8Array) => void;
}

export async function readSource(source: DataSource, found: Assembled, placing: Placing): Promise<Dataset> {
  const { shape, labels, drawn } = found;
  const { train, validation, test } = source;
  const { seen } = placing;
  const [trainSet, testSet] = [
    setOf(shape.train, labels.train, placing.place?.train),
    setOf(shape.test, labels.test, placing.place?.test),
  ];
  const pixels = source.rows * source.columns;
  const own = validation === null ? trainSet.images.length : trainSet.images.length - validation.count * pixels;
  const first = trainSet.images.subarray(0, own);
  if (drawn === null) await readPart(train, first, source, placing);
  else await readDivided(train, { first, drawn, test: testSet.images }, source, placing);
  if (validation !== null) await readPart(validation, trainSet.images.subarray(own), source, placing);
  seen(trainSet.labels);
  if (test === null) seen(testSet.images);
  else await readPart(test, testSet.images, source, placing);
  seen(testSet.labels);
  return { ...shape, train: trainSet, test: testSet };
}

function setOf(
  { count, rows, columns }: DatasetShape['train'],
  labels: Uint8Array,
  place: DatasetPlace['train'] | undefined,
): ImageSet {
  place?.labels.set(labels);
  const images = place?.images ?? new Uint8Array(count * rows * columns);
  return { count, rows, columns, images, labels: place?.labels ?? labels };
}

type Size = Pick<DataSource, 'rows' | 'columns'>;

async function readPart(part: SourcePart, target: Uint8Array, size: Size, { transpose, seen }: Placing): Promise<void> {
  const step = pieceBytes(size);
  let before = target.subarray(0, 0);
  for (let at = 0; at < target.length; at += step) {
    const piece = target.subarray(at, at + step);
    const reading = part.read(piece);
    seen(before);
    await reading;
    if (transpose) turn(piece, size);
    before = piece;
  }
  seen(before);
}

/** Images of which some become the test set. Those are told when all else was. */
async function readDivided(
  part: SourcePart,
  { first, drawn, test }: { readonly first: Uint8Array; readonly drawn: Uint32Array; readonly test: Uint8Array },
  size: Size,
  { transpose, seen }: Placing,
): Promise<void> {
  const pixels = size.rows * size.columns;
  const step = pieceBytes(size) / pixels;
  const buffer = new Uint8Array(Math.min(step, part.count) * pixels);
  let [toTrain, toTest] = [0, 0];
  for (let image = 0; image < part.count; image += step) {
    const piece = buffer.subarray(0, Math.min(step, part.count - image) * pixels);
    await part.read(piece);
    if (transpose) turn(piece, size);
    const before = toTrain;
    for (let at = 0; at < piece.length; at += pixels) {
      const one = piece.subarray(at, at + pixels);
      const isTest = drawn[toTest] === image + at / pixels;
      if (isTest) test.set(one, toTest++ * pixels);
      else first.set(one, toTrain++ * pixels);
    }
    seen(first.subarray(before * pixels, toTrain * pixels));
  }
}

/** Whole images. */
function pieceBytes({ rows, columns }: Size): number {
  return Math.max(1, Math.floor(PIECE_BYTES / (rows * columns))) * rows * columns;
}

function turn(images: Uint8Array, { rows, columns }: Size): void {
  transposed({ count: images.length / (rows * columns), rows, columns, images, labels: new Uint8Array(0) });
}
