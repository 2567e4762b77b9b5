// The numbers of an array as a file holds them, of any width and byte order -> numbers. Pure; knows no format.

export interface ElementType {
  /** "int32": for messages. */
  readonly name: string;
  readonly kind: 'bool' | 'uint' | 'int' | 'float';
  readonly bytes: 1 | 2 | 4 | 8;
  readonly littleEndian: boolean;
}

export const byteType: ElementType = { name: 'unsigned byte', kind: 'uint', bytes: 1, littleEndian: true };

/** Bytes that can be used as they are. */
export function isPlainBytes({ kind, bytes }: ElementType): boolean {
  return kind === 'uint' && bytes === 1;
}

const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * The elements in `bytes`, whose view begins at a multiple of 8 in its buffer; they may be turned into this machine's order in
 * place. Integers of 64 bits beyond 2^53 are rounded.
 */
export function numbersOf(bytes: Uint8Array, type: ElementType): ArrayLike<number> {
  const { kind, littleEndian } = type;
  if (littleEndian !== hostIsLittle && type.bytes > 1) swap(bytes, type.bytes);
  const count = bytes.length / type.bytes;
  const { buffer, byteOffset: at } = bytes;
  if (kind === 'float') {
    if (type.bytes === 8) return new Float64Array(buffer, at, count);
    if (type.bytes === 4) return new Float32Array(buffer, at, count);
    return Float32Array.from(new Uint16Array(buffer, at, count), halfFloat);
  }
  const isSigned = kind === 'int';
  if (type.bytes === 1) return isSigned ? new Int8Array(buffer, at, count) : bytes;
  if (type.bytes === 2) return isSigned ? new Int16Array(buffer, at, count) : new Uint16Array(buffer, at, count);
  if (type.bytes === 4) return isSigned ? new Int32Array(buffer, at, count) : new Uint32Array(buffer, at, count);
  return wideIntegers(new Uint32Array(buffer, at, 2 * count), isSigned);
}

function wideIntegers(words: Uint32Array, isSigned: boolean): Float64Array {
  const [low, high] = hostIsLittle ? [0, 1] : [1, 0];
  const numbers = new Float64Array(words.length / 2);
  for (let i = 0; i < numbers.length; i++) {
    const upper = words[2 * i + high]!;
    numbers[i] = (isSigned ? upper | 0 : upper) * 2 ** 32 + words[2 * i + low]!;
  }
  return numbers;
}

function swap(bytes: Uint8Array, width: number): void {
  for (let at = 0; at < bytes.length; at += width) {
    for (let left = at, right = at + width - 1; left < right; left++, right--) {
      const byte = bytes[left]!;
      bytes[left] = bytes[right]!;
      bytes[right] = byte;
    }
  }
}

const floatBits = new Uint32Array(1);
const float = new Float32Array(floatBits.buffer);
/** Of numbers below 2^-14: so much is the last bit of their fraction. */
const LEAST_HALF = 1 / 16_777_216;

/** IEEE 754 binary16, by its bits. */
function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return (bits & 0x8000 ? -fraction : fraction) * LEAST_HALF;
  // of float32 the exponent is 112 more; that of what is no finite number has all its bits
  const larger = exponent === 31 ? 0xff : exponent + 112;
  floatBits[0] = ((bits & 0x8000) << 16) | (larger << 23) | (fraction << 13);
  return float[0]!;
}
