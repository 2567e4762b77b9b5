// One array of NumPy's, in a file of its own or in an archive: its header, and its elements from the beginning as often as they are
// asked for.

import type { DenseArray } from '../../data/dense-array.ts';
import type { ElementType } from '../../data/elements.ts';
import { checkNpyLength, isText, MOST_HEADER, type NpyHeader, readNpyHeader, shapeText } from '../../data/npy.ts';
import { LockstepError } from '../../errors.ts';
import { labelsOf, type StoredArray } from './array-part.ts';
import { type ByteStream, take } from './byte-stream.ts';
import type { LabelWords } from './label-words.ts';

export class NpyArray {
  readonly header: NpyHeader;
  readonly #openBytes: () => Promise<ByteStream>;

  private constructor(header: NpyHeader, openBytes: () => Promise<ByteStream>) {
    this.header = header;
    this.#openBytes = openBytes;
  }

  /** `bytes`: how many there are. @throws LockstepError where the header does not say the same */
  static async read(name: string, bytes: number, openBytes: () => Promise<ByteStream>): Promise<NpyArray> {
    const stream = await openBytes();
    try {
      const header = readNpyHeader(await take(stream, Math.min(bytes, MOST_HEADER)), name);
      checkNpyLength(header, bytes);
      return new NpyArray(header, openBytes);
    } finally {
      await stream.close();
    }
  }

  /** Its numbers. @throws LockstepError where they are texts */
  get numbers(): StoredArray {
    const { name, type, elements, headerBytes } = this.header;
    if (isText(type)) {
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_DATA_MALFORMED',
        what: `${name} holds no images`,
        why: `its elements are ${type.name}`,
        mend: 'Write the images as an array of numbers',
      });
    }
    return { array: this.#arrayOf(type, name, elements, headerBytes), open: () => this.#elements() };
  }

  #arrayOf(type: ElementType, name: string, elements: number, headerBytes: number): DenseArray {
    return { name, type, elements, checkLength: (found) => checkNpyLength(this.header, headerBytes + found) };
  }

  async #elements(): Promise<ByteStream> {
    const stream = await this.#openBytes();
    try {
      await take(stream, this.header.headerBytes);
      return stream;
    } catch (error) {
      await stream.close();
      throw error;
    }
  }

  get hasWords(): boolean {
    return isText(this.header.type);
  }

  /** A byte a label: the number itself, or that of its word. */
  async labels(words: LabelWords): Promise<Uint8Array> {
    const { type, name, elements } = this.header;
    if (!isText(type)) {
      const { array, open } = this.numbers;
      const stream = await open();
      return await labelsOf(array, stream).finally(() => stream.close());
    }
    const stream = await this.#elements();
    try {
      const labels = new Uint8Array(elements);
      for (let at = 0; at < elements; at++) {
        const bytes = await take(stream, type.bytes);
        const text = type.kind === 'bytes' ? new TextDecoder().decode(bytes) : codePoints(bytes, type.littleEndian);
        labels[at] = words.numberOf(text.replace(/\0+$/, ''), name);
      }
      return labels;
    } finally {
      await stream.close();
    }
  }

  /** How many labels it holds. @throws LockstepError where there is not one for each image */
  get labelCount(): number {
    const { name, shape, elements } = this.header;
    const count = shape[0] ?? 0;
    if (shape.length > 0 && elements === count) return count;
    const each = elements / count;
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MALFORMED',
      what: `${name} holds no labels`,
      why: `its shape is ${shapeText(shape)}, and labels are one number for each image`,
      mend:
        shape.length === 2
          ? `Write one label an image: where the ${each} numbers are 0 but for a 1, labels.argmax(axis=1)`
          : 'Check that images and labels are not exchanged',
    });
  }
}

/** What UTF-32 has that is no character stands for what cannot be read. */
function codePoints(bytes: Uint8Array, littleEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = '';
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const code = view.getUint32(at, littleEndian);
    text += String.fromCodePoint(code <= 0x10ffff ? code : 0xfffd);
  }
  return text;
}
