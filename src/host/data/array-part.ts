// Images and labels that stand in arrays, as parts of a source: elements become bytes as they are read. Knows no file format.

import type { DenseArray } from '../../data/dense-array.ts';
import { isPlainBytes } from '../../data/elements.ts';
import { labelBytes } from '../../data/labels.ts';
import { PixelRange, type PixelScale, scale } from '../../data/pixel-scale.ts';
import type { ByteStream } from './byte-stream.ts';
import { ElementReader } from './element-reader.ts';

/** An array that can be read from its beginning again and again. */
export interface StoredArray {
  readonly array: DenseArray;
  open(): Promise<ByteStream>;
}

/** Whether its numbers are to be looked at before they are converted: bytes are pixels as they are. */
export function needsLook({ array }: StoredArray, pixelMax: number | null): boolean {
  return !isPlainBytes(array.type) || (pixelMax !== null && pixelMax !== 255);
}

/** What its numbers are: all of them are read. */
export async function rangeOf({ array, open }: StoredArray): Promise<PixelRange> {
  const range = new PixelRange(array.name, array.type.name, array.type.kind === 'bool');
  const stream = await open();
  try {
    const reader = new ElementReader(array, stream);
    while (reader.left > 0) range.look(await reader.numbers(reader.left));
    return range;
  } finally {
    await stream.close();
  }
}

/** Pixels of images, in the order in which they stand. */
export class ArrayPixels {
  readonly #reader: ElementReader;
  readonly #scale: PixelScale;

  constructor(array: DenseArray, stream: ByteStream, pixels: PixelScale) {
    this.#reader = new ElementReader(array, stream);
    this.#scale = pixels;
  }

  async read(target: Uint8Array): Promise<void> {
    if (isPlainBytes(this.#reader.array.type) && this.#scale.most === 255) return await this.#reader.bytes(target);
    for (let at = 0; at < target.length; ) {
      const numbers = await this.#reader.numbers(target.length - at);
      scale(numbers, this.#scale, target.subarray(at));
      at += numbers.length;
    }
  }
}

/** All labels: of so many elements in a row the first is one. */
export async function labelsOf(array: DenseArray, stream: ByteStream, stride = 1): Promise<Uint8Array> {
  const reader = new ElementReader(array, stream);
  const labels = new Uint8Array(array.elements / stride);
  for (let at = 0; reader.left > 0; ) {
    const first = Array.from(await reader.numbers(reader.left)).filter((_, i) => (at + i) % stride === 0);
    labels.set(
      labelBytes(first, { name: array.name, type: array.type.name, at: Math.ceil(at / stride) }),
      Math.ceil(at / stride),
    );
    at = array.elements - reader.left;
  }
  return labels;
}
