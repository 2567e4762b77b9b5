// A step's parameters as what changed since the step before. Adam moves a weight by little: sign and upper exponent, the top byte of
// a float32, stay as they are in all but one or two values of a hundred. Packed are, of n values (a multiple of 4):
//   u32       check of all top bytes as they come out, since they rest on what the other end holds
//   3n bytes  the lower three bytes of each value
//   bitmap    of the values whose top byte differs, least bit first, to whole groups of 4 bytes
//   bytes     these top bytes
// Lossless for any bits. Both ends hold the values of the step before.

import { ProtocolError } from './protocol-error.ts';

const TOP = 0xff000000;
const LOW = 0x00ffffff;
const CHECK_WORDS = 1;

/** Float32 values, looked at as bits. */
type Values = Float32Array | Int32Array;

/**
 * Packs a step's values against those of the step before, n each.
 * @param out of 4n bytes, at a multiple of 4
 * @returns the bytes that were written; 0: the packed form is no shorter than 4n, and `out` holds anything
 */
export function packChanged(beforeValues: Values, nowValues: Values, out: Uint8Array): number {
  const [before, now] = [bitsOf(beforeValues), bitsOf(nowValues)];
  const n = now.length;
  const words = new Int32Array(out.buffer, out.byteOffset, n);
  const bitmap = bitmapAt(n);
  let at = headBytes(n);
  if (at >= 4 * n) return 0;
  words.fill(0, bitmap, at / 4);
  let low = CHECK_WORDS;
  let sum = 0;
  let sums = 0;
  for (let i = 0; i < n; i += 4) {
    const a = now[i]!;
    const b = now[i + 1]!;
    const c = now[i + 2]!;
    const d = now[i + 3]!;
    words[low++] = (a & LOW) | (b << 24);
    words[low++] = ((b >>> 8) & 0xffff) | (c << 16);
    words[low++] = ((c >>> 16) & 0xff) | (d << 8);
    sum = (sum + (a >>> 24) + (b >>> 24) + (c >>> 24) + (d >>> 24)) | 0;
    sums = (sums + sum) | 0;
    const differ = (a ^ before[i]!) | (b ^ before[i + 1]!) | (c ^ before[i + 2]!) | (d ^ before[i + 3]!);
    if (differ >>> 24 === 0) continue;
    if (at + 4 >= 4 * n) return 0;
    for (let k = i; k < i + 4; k++) {
      const value = now[k]!;
      if ((value ^ before[k]!) >>> 24 === 0) continue;
      words[bitmap + (k >> 5)]! |= 1 << (k & 31);
      out[at++] = value >>> 24;
    }
  }
  words[0] = checkOf(sum, sums);
  return at;
}

/**
 * Unpacks into `nowValues`, which may be the memory of `beforeValues`.
 * @throws ProtocolError; they hold anything then: badPayload where it is not the packed form of so many values, wrongBase where
 * it was packed against others
 */
export function unpackChanged(beforeValues: Values, packed: Uint8Array, nowValues: Values): void {
  const [before, now] = [bitsOf(beforeValues), bitsOf(nowValues)];
  const n = now.length;
  const bitmap = bitmapAt(n);
  const head = headBytes(n);
  if (packed.length < head) throw new ProtocolError('badPayload', `${head} bytes at least, got ${packed.length}`);
  const words = wordsOf(packed, head);
  let low = CHECK_WORDS;
  let sum = 0;
  let sums = 0;
  for (let i = 0; i < n; i += 4) {
    const x = words[low++]!;
    const y = words[low++]!;
    const z = words[low++]!;
    const a = before[i]! & TOP;
    const b = before[i + 1]! & TOP;
    const c = before[i + 2]! & TOP;
    const d = before[i + 3]! & TOP;
    now[i] = a | (x & LOW);
    now[i + 1] = b | (x >>> 24) | ((y & 0xffff) << 8);
    now[i + 2] = c | (y >>> 16) | ((z & 0xff) << 16);
    now[i + 3] = d | (z >>> 8);
    sum = (sum + (a >>> 24) + (b >>> 24) + (c >>> 24) + (d >>> 24)) | 0;
    sums = (sums + sum) | 0;
  }
  let at = head;
  for (let w = 0; w < head / 4 - bitmap; w++) {
    for (let bits = words[bitmap + w]!; bits !== 0; bits &= bits - 1) {
      const k = 32 * w + (31 - Math.clz32(bits & -bits));
      if (k >= n) throw new ProtocolError('badPayload', `value ${k} of ${n}`);
      if (at >= packed.length) throw new ProtocolError('badPayload', `${packed.length} bytes end before value ${k}`);
      const top = packed[at++]!;
      const change = top - (now[k]! >>> 24);
      // in its own sum and in those of all fours from there on
      sum = (sum + change) | 0;
      sums = (sums + Math.imul(change, n / 4 - (k >> 2))) | 0;
      now[k] = (now[k]! & LOW) | (top << 24);
    }
  }
  if (at !== packed.length) throw new ProtocolError('badPayload', `the values are ${at} bytes, got ${packed.length}`);
  if (checkOf(sum, sums) !== words[0]) {
    throw new ProtocolError('wrongBase', 'the parameters were packed against others than are held here');
  }
}

/** `sum`: of all top bytes; `sums`: of what it is after every four. The constant is 2^32 divided by the golden ratio, and odd. */
function checkOf(sum: number, sums: number): number {
  return (sum + Math.imul(sums, 0x9e3779b1)) | 0;
}

function bitsOf({ buffer, byteOffset, length }: Values): Int32Array {
  return new Int32Array(buffer, byteOffset, length);
}

/** In words. */
function bitmapAt(n: number): number {
  return CHECK_WORDS + (3 * n) / 4;
}

function headBytes(n: number): number {
  return 4 * (bitmapAt(n) + Math.ceil(n / 32));
}

/** Received bytes may lie at any address; and a Buffer's own slice would be no copy. */
function wordsOf(packed: Uint8Array, bytes: number): Int32Array {
  const aligned = packed.byteOffset % 4 === 0 ? packed : new Uint8Array(packed.subarray(0, bytes));
  return new Int32Array(aligned.buffer, aligned.byteOffset, bytes / 4);
}
