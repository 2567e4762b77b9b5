// A gradient without its rows of zeros. A pixel that is background in all samples of a block has a row of fc1 that is zero to
// the bit: of 16 samples two rows in five, of 256 one in six. Lossless: a row counts as zero only where every bit of it is.
// Packed are a bitmap of the rows, least bit first, to whole groups of 8 bytes, and then the rows that are not zero.

import { ProtocolError } from './protocol-error.ts';

/** A model's rows in kernel order, in 32-bit words: of each layer a row of weights for each input, and the bias as one more. */
export interface KernelOrder {
  readonly layers: readonly { readonly inputs: number; readonly stride: number; readonly offset: number }[];
  readonly size: number;
}

export class LiveRows {
  /** Of each row, in 32-bit words, and one more: the end. */
  readonly #starts: Int32Array;
  readonly #rows: number;
  readonly #bitmapBytes: number;

  constructor({ layers, size }: KernelOrder) {
    const starts: number[] = [];
    for (const { inputs, stride, offset } of layers) {
      for (let row = 0; row <= inputs; row++) starts.push(offset + row * stride);
    }
    this.#rows = starts.length;
    this.#starts = Int32Array.of(...starts, size);
    this.#bitmapBytes = Math.ceil(this.#rows / 64) * 8;
  }

  /**
   * Packs a vector of the layout's `size` 32-bit words.
   * @param out as long as the vector
   * @returns the bytes that were written; 0: the packed form is no shorter, and `out` holds anything
   */
  pack(words: Int32Array, out: Uint8Array): number {
    const starts = this.#starts;
    let length = this.#bitmapBytes;
    out.fill(0, 0, length);
    for (let row = 0; row < this.#rows; row++) {
      if (isZero(words, starts[row]!, starts[row + 1]!)) continue;
      out[row >> 3]! |= 1 << (row & 7);
      length += 4 * (starts[row + 1]! - starts[row]!);
    }
    if (length >= 4 * starts[this.#rows]!) return 0;
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    let at = this.#bitmapBytes;
    for (let row = 0; row < this.#rows; ) {
      const first = row;
      row = this.#endOfRun(out, first);
      if (!isLive(out, first)) continue;
      // rows that lie side by side are copied at once
      const live = bytes.subarray(4 * starts[first]!, 4 * starts[row]!);
      out.set(live, at);
      at += live.length;
    }
    return length;
  }

  /**
   * Unpacks into all bytes of a vector, which stands at a multiple of 8.
   * @throws ProtocolError badPayload where it is not the packed form of such a vector; the vector holds anything then
   */
  unpack(packed: Uint8Array, vector: Uint8Array): void {
    const starts = this.#starts;
    if (packed.length < this.#bitmapBytes) {
      throw badPayload(`${this.#bitmapBytes} bytes say which rows follow, got ${packed.length}`);
    }
    for (let row = this.#rows; row < 8 * this.#bitmapBytes; row++) {
      if (isLive(packed, row)) throw badPayload(`row ${row} of ${this.#rows}`);
    }
    // shared memory is filled value by value: eight bytes at a time take a fifth of the time of one
    const doubles = new Float64Array(vector.buffer, vector.byteOffset, vector.byteLength / 8);
    let at = this.#bitmapBytes;
    for (let row = 0; row < this.#rows; ) {
      const first = row;
      row = this.#endOfRun(packed, first);
      const from = 4 * starts[first]!;
      const to = 4 * starts[row]!;
      if (isLive(packed, first)) {
        const end = at + to - from;
        if (packed.length < end) throw badPayload(`${packed.length} bytes end before row ${row - 1}`);
        vector.set(packed.subarray(at, end), from);
        at = end;
      } else {
        doubles.fill(0, from / 8, to / 8);
      }
    }
    if (packed.length !== at) throw badPayload(`the rows are ${at} bytes, got ${packed.length}`);
  }

  /** The first row after `first` that is not as that is: live, or zero. */
  #endOfRun(bitmap: Uint8Array, first: number): number {
    const live = isLive(bitmap, first);
    let row = first + 1;
    while (row < this.#rows && isLive(bitmap, row) === live) row++;
    return row;
  }
}

function isLive(bitmap: Uint8Array, row: number): boolean {
  return ((bitmap[row >> 3]! >> (row & 7)) & 1) === 1;
}

function isZero(words: Int32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (words[i] !== 0) return false;
  return true;
}

function badPayload(reason: string): ProtocolError {
  return new ProtocolError('badPayload', reason);
}
