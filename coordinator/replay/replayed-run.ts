// A run folder as a replay reads it: what held at which step, how far the run came, and its checkpoints. Reads only; the run need
// not be finished, and may be training.

import { join } from 'node:path';
import { type CoursePart, courseOf } from '../../src/run/course.ts';
import { receiptsFileName } from '../../src/run/receipts.ts';
import { refuseOtherNumerics } from '../../src/run/same-numerics.ts';
import { CheckpointStore, type Found } from '../run-folder/checkpoint-store.ts';
import { receiptsIfAny } from '../run-folder/read-receipts.ts';
import { type Run, readRun, refuseEdited } from '../run-folder/read-run.ts';
import { notARun, readHistory } from '../run-folder/trained-model.ts';

export interface ReplayedRun {
  /** As the user gave it. */
  readonly folder: string;
  readonly run: Run;
  readonly course: readonly CoursePart[];
  /** Steps that it did, as far as it tells: the state that this step reads is the last one known. */
  readonly lastStep: number;
  /** The newest whole checkpoint at or before a step, with its epochs; null: there is none. `tell` hears of damaged ones. */
  checkpointBefore(step: number): Promise<Found | null>;
}

/** @throws LockstepError where it is no run folder, its files contradict each other, or other arithmetic made it */
export async function readReplayed(folder: string, tell: (message: string) => void): Promise<ReplayedRun> {
  const run = await readRun(folder, notARun(folder));
  const store = new CheckpointStore(folder);
  const told = new Set<string>();
  const passedOver = (path: string, why: string) => {
    if (!told.has(path)) tell(`Warning: The checkpoint ${path} is passed over: ${why}`);
    told.add(path);
  };
  const checkpointBefore = async (step: number) => {
    const found = await store.newestAlone(passedOver, step);
    if (found === null) return null;
    refuseOtherNumerics(found.body, found.path);
    refuseEdited(folder, run, found);
    return await store.withAllEpochs(found);
  };
  const newest = await store.newestAlone(passedOver);
  if (newest !== null) refuseOtherNumerics(newest.body, newest.path);
  const receipts = await receiptsIfAny(folder, tell);
  if (receipts !== null) refuseOtherNumerics(receipts, join(folder, receiptsFileName));
  // a run that could not write its last checkpoint came further
  const history = (await readHistory(folder)) ?? [];
  const lastStep = Math.max(newest?.body.step ?? 0, history.at(-1)?.steps ?? 0);
  return { folder, run, course: courseOf(run), lastStep, checkpointBefore };
}
