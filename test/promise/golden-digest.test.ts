// The digest of a short run, kept in the repository: the same on every machine, in every version, until a change of the
// arithmetic is meant. UPDATE_GOLDEN=1 writes it anew.

import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { traced } from '../support/train.ts';

const file = new URL('../golden/digest.json', import.meta.url);

test('a short run gives the golden digest', async () => {
  const options = { epochs: 2, limitTrain: 3000, seed: 42, threads: 2 };
  const { digest, stateDigest } = (await traced(options)).summary;
  const found = { options: { epochs: 2, limitTrain: 3000, seed: 42 }, digest, stateDigest };
  if (process.env['UPDATE_GOLDEN']) writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
  expect(found).toEqual(JSON.parse(readFileSync(file, 'utf8')));
});
