// Reads what a run left: its configuration, its model, its history and summary. Every file that is missing or damaged is
// named. Knows nothing of what becomes of them.

import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { resolveOptions, type TrainOptions } from '../src/config.ts';
import { LockstepError } from '../src/errors.ts';
import type { EpochRecord, Summary } from '../src/events.ts';
import { decodeSafetensors } from '../src/formats/safetensors.ts';
import { type Model, modelFromTensors } from '../src/model/model.ts';
import { type Change, readRunConfig } from '../src/run-record.ts';
import { resumeCommand } from './interruption.ts';
import { codeOf, reasonOf } from './io-reason.ts';

export interface TrainedModel {
  /** As the user gave it. */
  readonly folder: string;
  /** Name of the run. */
  readonly name: string;
  readonly options: TrainOptions;
  readonly model: Model;
  /** What was allowed to change when the run was resumed. */
  readonly changes: readonly Change[];
}

/** `folder`: a run folder, of which config.json and model.safetensors are read. */
export async function readTrainedModel(folder: string): Promise<TrainedModel> {
  const config = (await readJson(folder, 'config.json')) as Readonly<Record<string, unknown>> | null;
  if (config === null) throw noRun(folder);
  const bytes = await readBytes(folder, 'model.safetensors');
  if (bytes === null) throw unfinished(folder);
  const path = join(folder, 'model.safetensors');
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  return {
    folder,
    name: basename(resolve(folder)),
    options: resolveOptions({}, config),
    model: modelFromTensors(tensors, metadata, path),
    changes: readRunConfig(config)?.changes ?? [],
  };
}

/** history.json; null where there is none. */
export async function readHistory(folder: string): Promise<readonly EpochRecord[] | null> {
  return (await readJson(folder, 'history.json')) as readonly EpochRecord[] | null;
}

/** summary.json; null where there is none. */
export async function readSummaryOf(folder: string): Promise<Summary | null> {
  return (await readJson(folder, 'summary.json')) as Summary | null;
}

/** A JSON file of the run folder that holds an object or a list; null where there is none. */
export async function readJson(folder: string, name: string): Promise<object | null> {
  const bytes = await readBytes(folder, name);
  if (bytes === null) return null;
  const refuse = (why: string, cause?: unknown) =>
    new LockstepError({
      what: `${join(folder, name)} cannot be used`,
      why,
      mend: 'Use another copy of the run folder, or train the run again',
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw refuse(`it is not JSON: ${reasonOf(cause)}`, cause);
  }
  if (typeof value !== 'object' || value === null) throw refuse('it holds neither an object nor a list');
  return value;
}

async function readBytes(folder: string, name: string): Promise<Uint8Array | null> {
  try {
    return await readFile(join(folder, name));
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
