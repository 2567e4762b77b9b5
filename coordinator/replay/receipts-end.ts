// Whether receipts reach as far as the run whose they are: each line of a chain that was cut short still fits the one before. Pure.

import { LockstepError } from '../../src/errors.ts';
import type { Summary } from '../../src/run/events.ts';
import { lastStepOf, type Receipts, receiptsFileName } from '../../src/run/receipts.ts';
import type { Found } from '../run-folder/checkpoint-store.ts';

/**
 * @param summary of a finished run; null: it is not
 * @param checkpoints the run's, ascending by step
 * @throws LockstepError where the receipts end before a checkpoint, or the run's end is not theirs
 */
export function refuseOtherEnd(
  folder: string,
  receipts: Receipts,
  summary: Pick<Summary, 'stateDigest'> | null,
  checkpoints: readonly Pick<Found, 'body'>[],
): void {
  const end = lastStepOf(receipts);
  const refuse = (why: string) => {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_RECEIPTS_CHANGED',
      what: `The receipts of ${folder} do not end as the run did`,
      why,
      mend: `Put the right ${receiptsFileName} there, or compare the run's files with lockstep bisect`,
    });
  };
  const newest = checkpoints.at(-1)?.body.step ?? 0;
  if (newest > end) refuse(`they tell of ${end} steps, and there is a checkpoint of step ${newest}`);
  if (summary === null) return;
  const state = receipts.states.get(end);
  if (state === undefined)
    refuse(`there is a summary.json, and they do not tell of the state after their last step, ${end}`);
  if (state !== summary.stateDigest) {
    refuse(`their last state is ${short(state!)}, and summary.json tells of ${short(summary.stateDigest)}`);
  }
}

const short = (digest: string) => `${digest.slice(0, 12)}...`;
