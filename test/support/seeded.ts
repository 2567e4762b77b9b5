// Random numbers for tests that must be repeatable: the seed is printed, and LOCKSTEP_SEED sets it (which vitest.config.ts
// hands on by another name).

export interface Seeded {
  readonly seed: number;
  /** From 0 up to, but not including, 1. */
  next(): number;
  /** An integer from `min` to `max`. */
  integer(min: number, max: number): number;
  pick<T>(from: readonly T[]): T;
  /** Another one, that depends on this one's seed only: for what draws at its own pace. */
  fork(): Seeded;
}

export function seeded(name: string): Seeded {
  const given = process.env['LOCKSTEP_TEST_SEED'];
  const seed = given === undefined ? Date.now() % 1_000_000 : Number(given);
  console.info(`${name}: LOCKSTEP_SEED=${seed}`);
  return fromSeed(seed);
}

/** Marsaglia's xorshift32, scrambled at the start by a multiplication. */
function fromSeed(seed: number): Seeded {
  let state = Math.imul(seed + 1, 0x9e37_79b1) >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
  const integer = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return { seed, next, integer, pick: (from) => from[integer(0, from.length - 1)]!, fork: () => fromSeed(seed + 1) };
}
