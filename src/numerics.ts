// The version of the arithmetic: what a run's bits depend on besides its configuration.

/**
 * Raised whenever a golden digest changes, and only then: two programs with the same number give the same bits.
 * test/golden/numerics.json has the digest of each (test/promise/golden-digest.test.ts).
 */
export const NUMERICS_VERSION = 1;
