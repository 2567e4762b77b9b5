// What a run folder says of the run's states: its receipts, checkpoints, history and summary. Reads only.

import { join } from 'node:path';
import { LockstepError } from '../../src/errors.ts';
import { codeOf } from '../../src/host/files/io-reason.ts';
import { stateFileName } from '../../src/run/checkpoint.ts';
import type { Evidence, Said, Witness } from '../../src/run/evidence.ts';
import { lastStepOf, type Receipts } from '../../src/run/receipts.ts';
import { refuseOtherNumerics } from '../../src/run/same-numerics.ts';
import { CheckpointStore } from '../run-folder/checkpoint-store.ts';
import { receiptsOf } from '../run-folder/read-receipts.ts';
import { readHistory, readSummary } from '../run-folder/trained-model.ts';

/**
 * `known`: the steps that the run is known to have done without its receipts.
 * @throws LockstepError where its receipts were changed or cannot be read, or its arithmetic is of another version
 */
export async function readEvidence(folder: string, known: number): Promise<Evidence> {
  const states = new Map<number, Said[]>();
  const say = (step: number, by: Witness, digest: string) =>
    states.set(step, [...(states.get(step) ?? []), { by, digest }]);
  const receipts = await receiptsUnlessMissing(folder);
  for (const [step, digest] of receipts?.states ?? []) say(step, 'receipts', digest);
  for await (const { body, path } of new CheckpointStore(folder).newestFirst(() => undefined, known)) {
    refuseOtherNumerics(body, join(path, stateFileName));
    say(body.step, 'checkpoint', body.stateDigest);
  }
  const history = (await readHistory(folder)) ?? [];
  for (const { steps, stateDigest } of history) if (stateDigest !== undefined) say(steps, 'history.json', stateDigest);
  const summary = await readSummary(folder);
  if (summary !== null) say(known, 'summary.json', summary.stateDigest);
  const ofReceipts = receipts === null ? 0 : lastStepOf(receipts);
  return { receipts, states, lastStep: Math.max(known, ofReceipts) };
}

/** null: 0.1.0 wrote none, nor does a run before its first checkpoint. */
async function receiptsUnlessMissing(folder: string): Promise<Receipts | null> {
  try {
    return await receiptsOf(folder);
  } catch (error) {
    if (error instanceof LockstepError && codeOf(error.cause) === 'ENOENT') return null;
    throw error;
  }
}
