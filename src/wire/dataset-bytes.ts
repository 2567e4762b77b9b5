// The dataset as it travels and as its digest is taken: five u32 little-endian numbers (training images, test images,
// rows, columns, classes), then training images, training labels, test images, test labels.

import { createHash, type Hash } from 'node:crypto';
import type { DatasetShape } from '../data/assemble.ts';
import { type Dataset, type DatasetPlace, datasetAt } from '../data/dataset.ts';

const HEAD_BYTES = 20;
const MOST_HASHED = 2 ** 30;

/** The bytes in pieces that are views of the dataset, in the order of their sending. */
function piecesOf(dataset: Dataset): Uint8Array[] {
  const { train, test } = dataset;
  return [headOf(dataset), train.images, train.labels, test.images, test.labels];
}

function headOf({ train, test, classes }: DatasetShape): Uint8Array {
  const head = new DataView(new ArrayBuffer(HEAD_BYTES));
  for (const [i, n] of [train.count, test.count, train.rows, train.columns, classes].entries()) {
    head.setUint32(4 * i, n, true);
  }
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
  if (bytes.length < HEAD_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  const [trainCount, testCount, rows, columns, classes] = [0, 4, 8, 12, 16].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const pixels = rows * columns;
  if (trainCount === 0 || pixels === 0 || classes === 0) return null;
  if (length !== HEAD_BYTES + (trainCount + testCount) * (pixels + 1)) return null;
  return { train: { count: trainCount, rows, columns }, test: { count: testCount, rows, columns }, classes };
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
    this.#rooms = [new Uint8Array(HEAD_BYTES), train.images, train.labels, test.images, test.labels];
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
