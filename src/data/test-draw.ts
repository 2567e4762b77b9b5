// The test set of data that have none: so many of the training images, drawn by the run's seed. Pure.

import { LockstepError } from '../errors.ts';
import { Purpose, permutationAt } from '../random.ts';
import type { DataSource, Reading } from './source.ts';

/** Numbers of the images that become the test set, ascending; null: the source has one. @throws LockstepError */
export function drawnTest({ train, test, form }: DataSource, { testSize, seed }: Reading): Uint32Array | null {
  if (test !== null) {
    if (testSize === null) return null;
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--test-size ${testSize} is not needed`,
      why: `the data have a test set of their own: ${test.count} images in ${test.name}`,
      mend: 'Leave out --test-size',
    });
  }
  if (testSize === null) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MISSING',
      what: `There is no test set in ${train.name}`,
      why: `its ${train.count} images (${form}) are not divided`,
      mend: `Have one drawn from them by the run's seed, for example --test-size ${Math.max(1, Math.floor(train.count / 6))}`,
    });
  }
  if (testSize >= train.count) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--test-size ${testSize} leaves nothing to train on`,
      why: `there are ${train.count} images in all`,
      mend: `Give --test-size a value below ${train.count}`,
    });
  }
  return permutationAt(seed, Purpose.testSet, 0, train.count)
    .subarray(train.count - testSize)
    .sort();
}
