// Tiny IDX data sets for tests, written into a folder, and ways to spoil them. Knows nothing of what is tested.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TinyShape {
  readonly train?: number;
  readonly test?: number;
  readonly classes?: number;
  readonly rows?: number;
  readonly columns?: number;
  readonly seed?: number;
}

export const fileNames = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
} as const;
export type TinyFile = keyof typeof fileNames;

/** The bytes of the four files: each image has a bright square whose place tells its class, on a noisy ground. */
export function tinyFiles(shape: TinyShape = {}): Record<TinyFile, Uint8Array> {
  const { train = 64, test = 16, classes = 3, rows = 28, columns = 28, seed = 1 } = shape;
  const random = linearCongruential(seed);
  const half = (count: number) => {
    const labels = Uint8Array.from({ length: count }, (_, index) => index % classes);
    const images = new Uint8Array(count * rows * columns);
    for (let i = 0; i < images.length; i++) {
      const pixel = i % (rows * columns);
      const label = labels[Math.floor(i / (rows * columns))]!;
      const bright = Math.floor((pixel * classes) / (rows * columns)) === label;
      images[i] = bright ? 128 + (random() % 128) : random() % 64;
    }
    return { images: imagesFile(images, rows, columns), labels: labelsFile(labels) };
  };
  const [trainHalf, testHalf] = [half(train), half(test)];
  return {
    trainImages: trainHalf.images,
    trainLabels: trainHalf.labels,
    testImages: testHalf.images,
    testLabels: testHalf.labels,
  };
}

export async function writeTinyData(folder: string, shape: TinyShape = {}): Promise<void> {
  await mkdir(folder, { recursive: true });
  const files = Object.entries(tinyFiles(shape)) as [TinyFile, Uint8Array][];
  await Promise.all(files.map(([file, bytes]) => writeFile(join(folder, fileNames[file]), bytes)));
}

/** Rewrites one file of a set; null removes it. */
export async function spoil(folder: string, file: TinyFile, change: (bytes: Uint8Array) => Uint8Array | null) {
  const path = join(folder, fileNames[file]);
  const changed = change(new Uint8Array(await readFile(path)));
  await (changed === null ? rm(path) : writeFile(path, changed));
}

export function imagesFile(images: Uint8Array, rows: number, columns: number): Uint8Array {
  return idxFile([images.length / (rows * columns), rows, columns], images);
}

export function labelsFile(labels: ArrayLike<number>): Uint8Array {
  return idxFile([labels.length], Uint8Array.from(labels));
}

export function idxFile(dimensions: readonly number[], body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * dimensions.length + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0800 + dimensions.length);
  dimensions.forEach((size, index) => {
    view.setUint32(4 + 4 * index, size);
  });
  bytes.set(body, 4 + 4 * dimensions.length);
  return bytes;
}

/** With elements of another type than bytes: 0x09 int8, 0x0b int16, 0x0c int32, 0x0d float32, 0x0e float64. */
export function typedIdxFile(type: number, dimensions: readonly number[], values: readonly number[]): Uint8Array {
  const [size, write] = elementWriters[type]!;
  const body = new Uint8Array(values.length * size);
  const view = new DataView(body.buffer);
  values.forEach((value, i) => {
    write(view, i * size, value);
  });
  const bytes = idxFile(dimensions, body);
  bytes[2] = type;
  return bytes;
}

const elementWriters: Readonly<Record<number, readonly [number, (view: DataView, at: number, value: number) => void]>> =
  {
    8: [1, (view, at, value) => view.setUint8(at, value)],
    9: [1, (view, at, value) => view.setInt8(at, value)],
    11: [2, (view, at, value) => view.setInt16(at, value)],
    12: [4, (view, at, value) => view.setInt32(at, value)],
    13: [4, (view, at, value) => view.setFloat32(at, value)],
    14: [8, (view, at, value) => view.setFloat64(at, value)],
  };

/** A new folder that is removed when the callback is done. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function linearCongruential(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 16;
  };
}
