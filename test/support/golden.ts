// PyTorch's and torchvision's answers (test/golden), and the MNIST images that they speak of.

import { readFileSync } from 'node:fs';
import type { Dataset } from '../../src/data/dataset.ts';
import { loadDataset } from '../../src/host/data/load-dataset.ts';

const folder = new URL('../golden/', import.meta.url);

export function goldenJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as T;
}

/** Little-endian float32. */
function goldenFloats(name: string): Float32Array {
  const bytes = readFileSync(new URL(name, folder));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

let mnist: Promise<Dataset> | null = null;

export function mnistData(): Promise<Dataset> {
  mnist ??= loadDataset(null);
  return mnist;
}

/** The images of the given numbers, one after the other. */
export function imagesAt(data: Dataset, numbers: readonly number[]): Uint8Array {
  const size = data.train.rows * data.train.columns;
  const images = new Uint8Array(numbers.length * size);
  numbers.forEach((number, i) => {
    images.set(data.train.images.subarray(number * size, (number + 1) * size), i * size);
  });
  return images;
}

/** A batch, PyTorch's parameters of [784, 128, 64, 10], and what it makes of them: means over the samples. */
export async function goldenGradient() {
  const { indices, labels, loss, correct } = goldenJson<{
    indices: number[];
    labels: number[];
    loss: number;
    correct: number;
  }>('gradient.json');
  return {
    images: imagesAt(await mnistData(), indices),
    labels: Uint8Array.from(labels),
    parameters: goldenFloats('gradient-params.f32'),
    gradient: goldenFloats('gradient-expected.f32'),
    loss,
    correct,
  };
}

/** Of the same batch and parameters under another normalisation: some of the gradient's elements, and the norm of all. */
export function normalisedGradient() {
  const { gradient, ...rest } = goldenJson<{
    mean: number;
    std: number;
    loss: number;
    correct: number;
    every: number;
    norm: number;
    gradient: string;
  }>('gradient-normalised.json');
  const bytes = Buffer.from(gradient, 'base64');
  const elements = Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
  return { ...rest, gradient: elements };
}

/** |a - b| / |b| in the Euclidean norm. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return Math.sqrt(difference / size);
}
