// A run in a line: whether it lives, how far it came, and what came of it. Reads the small files of its folder only, believes
// them each by itself, and never throws for what stands in them: a damaged run says so.

import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { codeOf, ioReason } from '../../src/host/files/io-reason.ts';
import type { EpochRecord } from '../../src/run/events.ts';
import { bestEpochOf } from '../../src/run/position.ts';
import type { Facts } from '../../src/run/run-record.ts';
import type { Means } from '../../src/sums.ts';
import { isHeld } from './folder-lock.ts';
import { CHECKPOINTS_FOLDER } from './folder-names.ts';
import type { ProcessLog } from './process-log.ts';
import { readRun } from './read-run.ts';
import { readLog } from './run-log-file.ts';
import { notARun, readHistory, readSummary } from './trained-model.ts';

export const runStates = ['running', 'finished', 'interrupted', 'failed', 'damaged'] as const;
export type RunState = (typeof runStates)[number];

export interface RunOverview {
  /** The folder, below the one that was looked into. */
  readonly folder: string;
  readonly name: string;
  readonly state: RunState;
  /** Why it is damaged, or how its last process ended where that was no success; null: nothing is to be said. */
  readonly reason: string | null;
  /** Whole or cut short; `asked` is null where nothing tells of it. */
  readonly epochs: { readonly done: number; readonly asked: number | null };
  /** Of the epoch with the lowest validation loss. */
  readonly validation: ({ readonly epoch: number } & Means) | null;
  /** The rest of a finished run only. */
  readonly test: Means | null;
  readonly samplesPerSecond: number | null;
  readonly digest: string | null;
  /** What it was asked, as config.json records it; null where that cannot be read. */
  readonly config: Facts['config'] | null;
}

/** null: the folder holds no run. */
export async function readOverview(folder: string): Promise<RunOverview | null> {
  const name = basename(resolve(folder));
  try {
    const files = await readdir(folder);
    if (!files.includes('config.json')) return null;
    return await overviewOf(folder, name).catch((error: unknown) => {
      if (!(error instanceof LockstepError)) throw error;
      // somebody else's config.json, most likely
      return isRunLike(files) ? damaged(folder, name, `${error.what}: ${error.why}`) : null;
    });
  } catch (error) {
    if (['ENOTDIR', 'ENOENT'].includes(codeOf(error) ?? '')) return null;
    if (codeOf(error) === null) throw error;
    return damaged(folder, name, `${folder} cannot be read: ${ioReason(error)}`);
  }
}

/** Whether it has anything else that a run leaves early. */
function isRunLike(files: readonly string[]): boolean {
  return [CHECKPOINTS_FOLDER, 'history.json', 'summary.json', 'receipts.jsonl', 'metrics.om'].some((name) =>
    files.includes(name),
  );
}

async function overviewOf(folder: string, name: string): Promise<RunOverview> {
  const { facts } = await readRun(folder, notARun(folder));
  const summary = await readSummary(folder);
  const epochs = summary?.epochs ?? (await readHistory(folder)) ?? [];
  const asked = facts.config['epochs'] as number;
  const { state, reason } = summary === null ? await stateOf(folder) : { state: 'finished' as const, reason: null };
  return {
    folder,
    name,
    state,
    reason,
    epochs: { done: epochs.length, asked },
    validation: bestValidation(epochs),
    test: summary?.test ?? null,
    samplesPerSecond: summary?.samplesPerSecond ?? null,
    digest: summary?.digest ?? null,
    config: facts.config,
  };
}

function bestValidation(epochs: readonly Pick<EpochRecord, 'epoch' | 'validation'>[]): RunOverview['validation'] {
  const best = epochs[bestEpochOf(epochs)];
  return best?.validation ? { epoch: best.epoch, ...best.validation } : null;
}

async function stateOf(folder: string): Promise<Pick<RunOverview, 'state' | 'reason'>> {
  if (await isHeld(folder)) return { state: 'running', reason: null };
  // it is for people, and a run does without it
  const last = await readLog(folder).then(
    ({ processes }) => processes.at(-1) ?? null,
    () => null,
  );
  return endOf(last);
}

/** How a run stands that is not finished and that nobody trains, by the last that its process said. */
export function endOf(last: Pick<ProcessLog, 'ended' | 'exitCode'> | null): Pick<RunOverview, 'state' | 'reason'> {
  if (last === null || last.ended === null || last.ended === 'done') return { state: 'interrupted', reason: null };
  const { ended, exitCode } = last;
  const stops: readonly number[] = [ExitCode.hungUp, ExitCode.interrupted, ExitCode.terminated];
  // older programs left their words alone
  const wasStopped =
    exitCode === undefined ? /^The run was (stopped|interrupted):/.test(ended) : stops.includes(exitCode);
  return { state: wasStopped ? 'interrupted' : 'failed', reason: ended };
}

function damaged(folder: string, name: string, reason: string): RunOverview {
  return {
    folder,
    name,
    state: 'damaged',
    reason,
    epochs: { done: 0, asked: null },
    validation: null,
    test: null,
    samplesPerSecond: null,
    digest: null,
    config: null,
  };
}

/** So many folders are looked into at a time: each has a few files open. */
const AT_ONCE = 16;

/** The runs in a folder, in the order of their names; or the folder itself, where that is a run. */
export async function listRuns(folder: string): Promise<RunOverview[]> {
  const itself = await readOverview(folder);
  if (itself !== null) return [itself];
  const names = (await readdir(folder)).sort(byCodeUnits);
  const found: (RunOverview | null)[] = new Array(names.length).fill(null);
  let next = 0;
  const look = async () => {
    while (next < names.length) {
      const i = next++;
      found[i] = await readOverview(join(folder, names[i]!));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, look));
  return found.filter((one) => one !== null);
}

/** Never by locale. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
