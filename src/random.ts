// Random numbers with an address instead of a state: Philox4x32-10 keyed by (seed, purpose, epoch, sample).
// Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
// The kernels hold the same function (kernels/assembly/random.ts); tests hold both to the published vectors.

/** What a number is drawn for: part of its address, so that no two uses ever meet. */
export const Purpose = { init: 1, split: 2, order: 3, augmentTraining: 4, augmentValidation: 5 } as const;
export type Purpose = (typeof Purpose)[keyof typeof Purpose];

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** The high 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0;
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
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(M0, c0);
    const low0 = Math.imul(M0, c0) >>> 0;
    const high1 = multiplyHigh(M1, c2);
    const low1 = Math.imul(M1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [c0, c1, c2, c3];
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
  for (let i = 0; i < count; i++) {
    words[2 * i] = i;
    words[2 * i + 1] = randomAt(seed, purpose, epoch, i)[0];
  }
  keyed.sort();
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = words[2 * i]!;
  return order;
}
