// The digest of a short run, kept in the repository: the same on every machine, in every version, until a change of the
// arithmetic is meant. UPDATE_GOLDEN=1 writes it anew; then src/numerics.ts rises, and test/golden/numerics.json gets its state digest.

import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { NUMERICS_VERSION } from '../../src/numerics.ts';
import { traced } from '../support/train.ts';

const numerics = new URL('../golden/numerics.json', import.meta.url);
const file = new URL('../golden/digest.json', import.meta.url);

test('a short run gives the golden digest', async () => {
  const options = { epochs: 2, limitTrain: 3000, seed: 42, threads: 2 };
  const { digest, stateDigest } = (await traced(options)).summary;
  const found = { options: { epochs: 2, limitTrain: 3000, seed: 42 }, digest, stateDigest };
  if (process.env['UPDATE_GOLDEN']) writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
  expect(found).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  // the version of the arithmetic rises with it, and only then
  const versions: string[] = JSON.parse(readFileSync(numerics, 'utf8'));
  expect(versions).toHaveLength(NUMERICS_VERSION);
  expect(versions.at(-1)).toBe(stateDigest);
  expect(new Set(versions).size).toBe(versions.length);
});
