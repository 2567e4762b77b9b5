// The keys of the hash of parameters (assembly/hash.ts), and how much a step's sums take. Pure.

import { philox } from '../random.ts';
import { HASH_BYTES, HASH_KEY_BYTES, REST_GROUPS, ROW_GROUPS } from './kernels.ts';

/** Bytes of a step's sums. */
export const STEP_HASH_BYTES = (ROW_GROUPS + REST_GROUPS) * HASH_BYTES;

/** Philox at counters 0, 1, 2, ... under the key "hash", "keys" in ASCII; both halves odd. */
export function hashKeyWords(): number[] {
  // one vector more, for the second keys of the last place
  const words = Array.from({ length: HASH_KEY_BYTES / 16 + 1 }, (_, i) =>
    philox([i, 0, 0, 0], [0x68617368, 0x6b657973]),
  );
  return words.flat().map((word) => (word | 0x00010001) >>> 0);
}
