// A run as it is set beside others: what it was asked, what was changed of that on the way, and what came of it. Reads only; it
// need not be finished.

import type { EpochRecord, Summary } from '../../src/run/events.ts';
import type { Receipts } from '../../src/run/receipts.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import { receiptsIfAny } from './read-receipts.ts';
import { type Run, readRun } from './read-run.ts';

import { notARun, readHistory, readSummary } from './trained-model.ts';

export interface RunSide extends Pick<Run, 'facts' | 'changes' | 'program'> {
  /** As the user gave it. */
  readonly folder: string;
  readonly history: readonly EpochRecord[];
  /** null: it is not finished. */
  readonly summary: Summary | null;
  /** Steps done, as far as it tells. */
  readonly steps: number;
  /** Of the parameters that it left; null: it is not finished. */
  readonly digest: string | null;
  /** Of its last state that is known, after `stateStep` steps; null: none is. */
  readonly stateDigest: string | null;
  readonly stateStep: number | null;
  /** null: it has none, as a run of an older program, or they cannot be used. */
  readonly receipts: Receipts | null;
}

/** `tell` hears of checkpoints that are passed over, and of receipts that cannot be used. */
export async function readRunSide(folder: string, tell: (message: string) => void): Promise<RunSide> {
  const { facts, changes, program } = await readRun(folder, notARun(folder));
  const summary = await readSummary(folder);
  const store = new CheckpointStore(folder);
  const newest = await store.newestAlone((path, why) => tell(`Warning: The checkpoint ${path} is passed over: ${why}`));
  const known = (await readHistory(folder)) ?? [];
  const history = known.length > 0 || newest === null ? known : (await store.withAllEpochs(newest)).body.history;
  const steps = Math.max(newest?.body.step ?? 0, history.at(-1)?.steps ?? 0);
  const state =
    summary === null
      ? { stateDigest: newest?.body.stateDigest ?? null, stateStep: newest?.body.step ?? null }
      : { stateDigest: summary.stateDigest, stateStep: steps };
  const receipts = await receiptsIfAny(folder, tell);
  const digest = summary?.digest ?? null;
  return { folder, facts, changes, program, history, summary, steps, digest, ...state, receipts };
}
