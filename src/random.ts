// Random numbers with an address instead of a state: Philox4x32-10 keyed by (seed, purpose, epoch, sample).
// Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
// The kernels hold the same function (kernels/assembly/random.ts); tests hold both to the published vectors.

/** What a number is drawn for: part of its address, so that no two uses ever meet. */
export const Purpose = { init: 1, split: 2, order: 3, augmentTraining: 4, augmentValidation: 5, testSet: 6 } as const;
export type Purpose = (typeof Purpose)[keyof typeof Purpose];

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** The high 32 bits of the 64-bit product of two 32-bit numbers. Nothing on the way has more than 32 bits. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const carry = (middle & 0xffff) + (Math.imul(aLow, bHigh) >>> 0);
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}

/** One block of Philox4x32-10 into `block`, of four words: whoever draws many makes one for all of them. */
function philoxInto(
  block: Uint32Array,
  n0: number,
  n1: number,
  n2: number,
  n3: number,
  key0: number,
  key1: number,
): void {
  let c0 = n0;
  let c1 = n1;
  let c2 = n2;
  let c3 = n3;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(M0, c0);
    const low0 = Math.imul(M0, c0);
    const high1 = multiplyHigh(M1, c2);
    const low1 = Math.imul(M1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  block[0] = c0;
  block[1] = c1;
  block[2] = c2;
  block[3] = c3;
}

/**
 * One block of Philox4x32-10.
 * @param counter four unsigned 32-bit words
 * @param key two unsigned 32-bit words
 * @returns four unsigned 32-bit words
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  const block = new Uint32Array(4);
  philoxInto(block, ...counter, ...key);
  return [block[0]!, block[1]!, block[2]!, block[3]!];
}

/** The two key words of a seed (a safe integer, 0 or more). */
export function keyOfSeed(seed: number): [number, number] {
  return [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
}

/** The four words at (seed, purpose, epoch, sample); `draw` numbers further blocks at the same address. */
export function randomAt(
  seed: number,
  purpose: Purpose,
  epoch: number,
  sample: number,
  draw = 0,
): [number, number, number, number] {
  return philox([sample, epoch, purpose, draw], keyOfSeed(seed));
}

/**
 * A permutation of the numbers 0 to count - 1: they are sorted by a random 32-bit key each, ties by number, so that it
 * needs no stream that anybody could advance.
 */
export function permutationAt(seed: number, purpose: Purpose, epoch: number, count: number): Uint32Array {
  const keyed = new BigUint64Array(count);
  const words = new Uint32Array(keyed.buffer);
  const block = new Uint32Array(4);
  const [key0, key1] = keyOfSeed(seed);
  for (let i = 0; i < count; i++) {
    // as randomAt, which makes a new array each time: this is done before the first step, while all code is cold
    philoxInto(block, i, epoch, purpose, 0, key0, key1);
    words[2 * i] = i;
    words[2 * i + 1] = block[0]!;
  }
  keyed.sort();
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = words[2 * i]!;
  return order;
}
