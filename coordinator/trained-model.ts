// Reads what a run left: its configuration, its model, its history and summary. Every file that is missing or damaged is
// named. Knows nothing of what becomes of them.

import { basename, join, resolve } from 'node:path';
import type { TrainOptions } from '../src/config.ts';
import { digestOf } from '../src/digest.ts';
import { type Checked, checkHistory, checkSummary, jsonText } from '../src/disk-records.ts';
import { LockstepError } from '../src/errors.ts';
import type { EpochRecord, Summary } from '../src/events.ts';
import { decodeSafetensors } from '../src/formats/safetensors.ts';
import { type Model, modelFromTensors } from '../src/model/model.ts';
import { differences, refuseChanges, unexplained } from '../src/resume-plan.ts';
import { type Change, readRunConfig } from '../src/run-record.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import { resumeCommand } from './interruption.ts';
import { codeOf, reasonOf } from './io-reason.ts';
import { RECORD_BYTES, readWhole, TENSOR_BYTES } from './read-file.ts';

export interface TrainedModel {
  /** As the user gave it. */
  readonly folder: string;
  /** Name of the run. */
  readonly name: string;
  readonly options: TrainOptions;
  readonly model: Model;
  /** What was allowed to change when the run was resumed. */
  readonly changes: readonly Change[];
  /** Of the data that it was trained on. */
  readonly dataDigest: string;
}

/** `folder`: a run folder, of which config.json, model.safetensors, summary.json and the newest checkpoint are read. */
export async function readTrainedModel(folder: string): Promise<TrainedModel> {
  const config = await readJson(folder, 'config.json');
  if (config === null) throw noRun(folder);
  const bytes = await readBytes(folder, 'model.safetensors', TENSOR_BYTES);
  if (bytes === null) throw unfinished(folder);
  const path = join(folder, 'model.safetensors');
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const model = modelFromTensors(tensors, metadata, path);
  const { options, facts, changes } = recordOf(folder, config);
  const summary = await readSummaryOf(folder);
  if (summary !== null && summary.digest !== digestOf(model.parameters)) {
    throw refuse(
      folder,
      'model.safetensors',
      `its digest is ${digestOf(model.parameters).slice(0, 12)}..., and summary.json tells of ${summary.digest.slice(0, 12)}...`,
    );
  }
  const checkpoint = await new CheckpointStore(folder).newest(() => undefined);
  const edited = checkpoint === null ? [] : unexplained(differences(checkpoint.body.facts, facts), changes);
  refuseChanges(edited, [], folder, true);
  return { folder, name: basename(resolve(folder)), options, model, changes, dataDigest: facts.dataDigest };
}

function recordOf(folder: string, config: object) {
  let found: ReturnType<typeof readRunConfig>;
  try {
    found = readRunConfig(config as Readonly<Record<string, unknown>>);
  } catch (cause) {
    // a value that no option takes is the file's fault
    if (!(cause instanceof LockstepError)) throw cause;
    throw refuse(folder, 'config.json', `${cause.what}: ${cause.why}`, cause);
  }
  if ('why' in found) throw refuse(folder, 'config.json', found.why);
  return found;
}

/** history.json; null where there is none. */
export async function readHistory(folder: string): Promise<readonly EpochRecord[] | null> {
  return await readChecked(folder, 'history.json', checkHistory);
}

/** summary.json; null where there is none. */
export async function readSummaryOf(folder: string): Promise<Summary | null> {
  return await readChecked(folder, 'summary.json', checkSummary);
}

/** A JSON file of the run folder, checked; null where there is none. */
export async function readChecked<T>(
  folder: string,
  name: string,
  check: (value: unknown) => Checked<T>,
): Promise<T | null> {
  const value = await readJson(folder, name);
  if (value === null) return null;
  const found = check(value);
  if ('why' in found) throw refuse(folder, name, found.why);
  return found.value;
}

/** What stands in history.json and in summary.json is the same. @throws LockstepError */
export function compareFigures(folder: string, history: readonly EpochRecord[], { epochs }: Summary): void {
  const of = (one: Pick<EpochRecord, 'epoch' | 'train' | 'validation' | 'samples'>) =>
    jsonText([one.epoch, one.train, one.validation, one.samples]);
  const other = Array.from({ length: Math.max(history.length, epochs.length) }, (_, i) => i).find((i) => {
    const [a, b] = [history[i], epochs[i]];
    return a === undefined || b === undefined || of(a) !== of(b);
  });
  if (other === undefined) return;
  throw refuse(folder, 'history.json', `of epoch ${other + 1} it says something else than summary.json`);
}

function refuse(folder: string, name: string, why: string, cause?: unknown): LockstepError {
  return new LockstepError({
    what: `${join(folder, name)} cannot be used`,
    why,
    mend: 'Use another copy of the run folder, or train the run again',
    cause,
  });
}

/** What a JSON file of the run folder holds; null where there is none. */
async function readJson(folder: string, name: string): Promise<object | null> {
  const bytes = await readBytes(folder, name, RECORD_BYTES);
  if (bytes === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw refuse(folder, name, `it is not JSON: ${reasonOf(cause)}`, cause);
  }
  if (typeof value !== 'object' || value === null) throw refuse(folder, name, 'it holds neither an object nor a list');
  return value;
}

async function readBytes(folder: string, name: string, most: number): Promise<Uint8Array | null> {
  try {
    return await readWhole(join(folder, name), most);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null;
    throw new LockstepError({
      what: `${join(folder, name)} cannot be read`,
      why: reasonOf(cause),
      mend: 'Give the folder of a run, e.g. runs/<date-time>, and see to it that you may read it',
      cause,
    });
  }
}

function noRun(folder: string): LockstepError {
  return new LockstepError({
    what: `${folder} is not the folder of a finished run`,
    why: 'it holds no config.json',
    mend: 'Give the folder of a run that lockstep train has finished, e.g. runs/<date-time>',
  });
}

function unfinished(folder: string): LockstepError {
  return new LockstepError({
    what: `${folder} is not the folder of a finished run`,
    why: 'it holds no model.safetensors',
    mend: `Finish it with: ${resumeCommand(folder)}; or give the folder of another run`,
  });
}
