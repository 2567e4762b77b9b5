// What --without leaves of a training split, and what it names in vain. Pure.

import { rangesOf } from '../data/number-ranges.ts';
import { type SplitNumbers, usedSamples } from '../data/sampler.ts';
import { LockstepError } from '../errors.ts';

/**
 * What is to be said of the samples that a run skips, where some of those that are named are none of its training samples.
 * @throws LockstepError where they are no images of the training file, or nothing is left to train on
 */
export function checkSkipped(without: string | null, numbers: SplitNumbers, trainCount: number): string | null {
  if (without === null) return null;
  const ranges = rangesOf(without)!;
  const last = ranges.at(-1)!.last;
  if (last >= trainCount) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--without names image ${last}, which there is not`,
      why: `the training file has ${trainCount} images, 0 to ${trainCount - 1}`,
      mend: `Name images of at most ${trainCount - 1}`,
    });
  }
  const skipped = numbers.training.length - usedSamples(numbers);
  if (skipped === numbers.training.length) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: '--without leaves nothing to train on',
      why: `it names all ${skipped} samples of the training split`,
      mend: 'Name fewer images',
    });
  }
  const named = ranges.reduce((count, range) => count + range.last - range.first + 1, 0);
  if (named === skipped) return null;
  return `${named - skipped} of the ${named} images of --without are no training samples of this run (--val-size, --limit-train): it skips ${skipped}`;
}
