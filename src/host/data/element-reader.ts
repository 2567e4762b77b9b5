// The elements of an array, read one after the other: no more than its header promises, and nothing may follow them.

import type { DenseArray } from '../../data/dense-array.ts';
import { numbersOf } from '../../data/elements.ts';
import { type ByteStream, PIECE_BYTES } from './byte-stream.ts';

export class ElementReader {
  readonly array: DenseArray;
  readonly #stream: ByteStream;
  #left: number;
  /** An array buffer begins where any number may begin. */
  #scratch = new Uint8Array(0);

  constructor(array: DenseArray, stream: ByteStream) {
    this.array = array;
    this.#stream = stream;
    this.#left = array.elements;
  }

  /** So many are still to be read. */
  get left(): number {
    return this.#left;
  }

  /** The next elements, which are plain bytes, to where they are to lie. */
  async bytes(target: Uint8Array): Promise<void> {
    await this.#fill(target, target.length);
  }

  /** The next elements, as many as one piece has, at most `most`: valid until the next call. */
  async numbers(most: number): Promise<ArrayLike<number>> {
    const { type } = this.array;
    const count = Math.min(most, this.#left, PIECE_BYTES / type.bytes);
    if (this.#scratch.length < count * type.bytes) this.#scratch = new Uint8Array(count * type.bytes);
    const bytes = this.#scratch.subarray(0, count * type.bytes);
    await this.#fill(bytes, count);
    return numbersOf(bytes, type);
  }

  async #fill(target: Uint8Array, elements: number): Promise<void> {
    const { type } = this.array;
    const before = (this.array.elements - this.#left) * type.bytes;
    const found = await this.#stream.fill(target);
    if (found < target.length) this.array.checkLength(before + found);
    this.#left -= elements;
    if (this.#left > 0) return;
    const beyond = await this.#stream.fill(new Uint8Array(1));
    if (beyond > 0) this.array.checkLength(Number.POSITIVE_INFINITY);
  }
}
