// The dataset as it travels and as its digest is taken: five u32 little-endian numbers (training images, test images,
// rows, columns, classes), then training images, training labels, test images, test labels. Of a data set that has a validation
// split of its own two numbers come before them: 0, and how many of the training images, the last ones, it is.

import { createHash, type Hash } from 'node:crypto';
import type { DatasetShape } from '../data/assemble.ts';
import { type Dataset, type DatasetPlace, datasetAt } from '../data/dataset.ts';

const PLAIN_HEAD = 5;
const HEAD_WITH_SPLIT = 7;
const MOST_HASHED = 2 ** 30;

/** The bytes in pieces that are views of the dataset, in the order of their sending. */
function piecesOf(dataset: Dataset): Uint8Array[] {
  const { train, test } = dataset;
  return [headOf(dataset), train.images, train.labels, test.images, test.labels];
}

function headOf({ train, test, classes, validation }: DatasetShape): Uint8Array {
  const split = validation === 0 ? [] : [0, validation];
  const numbers = [...split, train.count, test.count, train.rows, train.columns, classes];
  const head = new DataView(new ArrayBuffer(4 * numbers.length));
  for (const [i, n] of numbers.entries()) head.setUint32(4 * i, n, true);
  return new Uint8Array(head.buffer);
}

/** All of it, of which no copy is kept: a data set may fill half of the memory. */
export class DatasetBytes {
  readonly length: number;
  readonly #pieces: readonly Uint8Array[];

  constructor(dataset: Dataset) {
    this.#pieces = piecesOf(dataset);
    this.length = this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** Those from `start` to `end`, or to the last, as a new array. */
  slice(start: number, end: number): Uint8Array {
    const bytes = new Uint8Array(Math.min(end, this.length) - start);
    let first = 0;
    for (const piece of this.#pieces) {
      const from = Math.max(start - first, 0);
      const part = piece.subarray(from, Math.max(from, end - first));
      if (part.length > 0) bytes.set(part, first + from - start);
      first += piece.length;
    }
    return bytes;
  }
}

/** SHA-256 (hex) of the dataset's bytes: what the handshake compares. */
export function datasetDigest(dataset: Dataset): string {
  const hash = createHash('sha256');
  for (const piece of piecesOf(dataset)) update(hash, piece);
  return hash.digest('hex');
}

/** The same of a dataset that comes piece by piece: training images and labels, test images and labels. */
export class DatasetHash {
  readonly #hash = createHash('sha256');

  constructor(shape: DatasetShape) {
    this.#hash.update(headOf(shape));
  }

  add(piece: Uint8Array): void {
    update(this.#hash, piece);
  }

  /** When all was added; once. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** Node takes no 2 GiB at once. */
function update(hash: Hash, bytes: Uint8Array): Hash {
  for (let at = 0; at < bytes.length; at += MOST_HASHED) hash.update(bytes.subarray(at, at + MOST_HASHED));
  return hash;
}

/** What the first bytes of `length` say that all of them are; null when they are no dataset. */
export function datasetShapeOf(bytes: Uint8Array, length: number): DatasetShape | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words = Math.min(HEAD_WITH_SPLIT, Math.floor(bytes.length / 4));
  const numbers = Array.from({ length: words }, (_, i) => view.getUint32(4 * i, true));
  const hasSplit = numbers[0] === 0;
  const validation = hasSplit ? (numbers[1] ?? 0) : 0;
  const [trainCount = 0, testCount = 0, rows = 0, columns = 0, classes = 0] = hasSplit ? numbers.slice(2) : numbers;
  if (hasSplit && (validation === 0 || validation >= trainCount)) return null;
  const pixels = rows * columns;
  if (trainCount === 0 || pixels === 0 || classes === 0) return null;
  const headBytes = 4 * (hasSplit ? HEAD_WITH_SPLIT : PLAIN_HEAD);
  if (length !== headBytes + (trainCount + testCount) * (pixels + 1)) return null;
  const size = { rows, columns };
  const [train, test] = [
    { count: trainCount, ...size },
    { count: testCount, ...size },
  ];
  // names stay where the data were read: who computes needs none
  return { train, test, classes, classNames: null, validation };
}

/** A dataset that comes in pieces, in their order, and is read to where it is to stand: it is held once. */
export class DatasetArrival {
  readonly #hash = createHash('sha256');
  readonly #shape: DatasetShape;
  readonly #place: DatasetPlace;
  /** What is still to be filled. */
  readonly #rooms: Uint8Array[];

  constructor(shape: DatasetShape, place: DatasetPlace) {
    this.#shape = shape;
    this.#place = place;
    const { train, test } = place;
    this.#rooms = [new Uint8Array(headOf(shape).length), train.images, train.labels, test.images, test.labels];
  }

  /** The next piece; all of them are as many bytes as the shape says. */
  add(piece: Uint8Array): void {
    update(this.#hash, piece);
    let rest = piece;
    while (rest.length > 0) {
      const room = this.#rooms[0]!;
      const part = rest.subarray(0, room.length);
      room.set(part);
      rest = rest.subarray(part.length);
      if (part.length < room.length) this.#rooms[0] = room.subarray(part.length);
      else this.#rooms.shift();
    }
  }

  /** When all has come, once: its SHA-256 (hex), and the dataset as views of its place; null where it is none after all. */
  end(): { readonly digest: string; readonly data: Dataset | null } {
    const data = datasetAt(this.#shape, this.#place);
    const inRange = (labels: Uint8Array) => labels.every((label) => label < data.classes);
    const isDataset = inRange(data.train.labels) && inRange(data.test.labels);
    return { digest: this.#hash.digest('hex'), data: isDataset ? data : null };
  }
}
