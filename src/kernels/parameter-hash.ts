// The hash of a step's new parameters: 128 bits that find accidents, made by the update slice by slice while the parameters are
// still in the cache (assembly/hash.ts). It is 32 digits in hex: two sums of 64 bits. src/run/RECEIPTS.md says how it is computed.

import { STEP_HASH_BYTES } from './hash-keys.ts';
import { type MemoryPlan, STEP_RING } from './memory-plan.ts';
import { bufferOf, type RunMemory } from './run-memory.ts';

/** Where the sums of a step's slices stand, in a ring like the step's record. */
export function hashesOf({ hashes }: MemoryPlan, step: number): number {
  return hashes + (step % STEP_RING) * STEP_HASH_BYTES;
}

/** The hash that the commit of `step` left: of the parameters that step `step + 1` reads. */
export function committedHash({ plan, kernels, words }: RunMemory, step: number): string {
  kernels.foldHash(hashesOf(plan, step), plan.hash);
  return hashText(words, plan.hash);
}

/** The same of the parameters that step `step` reads, however they came there. No thread may be writing them. */
export function hashOfParameters({ plan, kernels, words }: RunMemory, step: number): string {
  const { hashKeys, parameters, vectorBytes, hash } = plan;
  kernels.hashVector(hashKeys, bufferOf(parameters, step), vectorBytes, plan.wholeHash, hash);
  return hashText(words, hash);
}

function hashText(words: Int32Array, at: number): string {
  const digits = (word: number) => (words[at / 4 + word]! >>> 0).toString(16).padStart(8, '0');
  // the high word of each sum first
  return digits(1) + digits(0) + digits(3) + digits(2);
}
