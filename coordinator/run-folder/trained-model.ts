// Reads what a run left: its model, its history and summary. Every file that is missing or damaged is
// named. Knows nothing of what becomes of them.

import { basename, join, resolve } from 'node:path';
import { LockstepError } from '../../src/errors.ts';
import { decodeSafetensors } from '../../src/formats/safetensors.ts';
import { codeOf, ioReason } from '../../src/host/files/io-reason.ts';
import { RECORD_BYTES, readRegularFile } from '../../src/host/files/read-file.ts';
import { type Model, modelFromTensors } from '../../src/model/model.ts';
import { normalizationOf, normalizationText } from '../../src/model/normalization.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import type { CheckpointChoice } from '../../src/options/value-kinds.ts';
import { decodeCheckpoint, type StateBody } from '../../src/run/checkpoint.ts';
import { digestOf } from '../../src/run/digest.ts';
import { type Checked, checkHistory, checkSummary } from '../../src/run/disk-records.ts';
import type { EpochRecord, Summary } from '../../src/run/events.ts';
import type { Change, Facts, RecordedData } from '../../src/run/run-record.ts';
import { resumeCommand } from '../../src/text/shell-command.ts';
import { readCheckpointModel } from './checkpoint-model.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import { readRun, refuseEdited } from './read-run.ts';

export interface TrainedModel {
  /** The step of the checkpoint that it was read from; null: it is the model that the run left. */
  readonly step: number | null;
  /** As the user gave it. */
  readonly folder: string;
  /** Name of the run. */
  readonly name: string;
  readonly options: TrainOptions;
  readonly model: Model;
  /** Of a run that is finished. */
  readonly summary: Summary | null;
  /** What was allowed to change when the run was resumed. */
  readonly changes: readonly Change[];
  /** Of the data that it was trained on. */
  readonly dataDigest: string;
  /** Names of its classes, by their numbers; null: they are plain numbers, or it does not say. */
  readonly classNames: readonly string[] | null;
  /** The version of the program that trained it last. */
  readonly program: string;
}

/** Of a run, or of one of its checkpoints. */
export async function readModel(
  folder: string,
  checkpoint: CheckpointChoice | null,
  tell: (message: string) => void = () => undefined,
): Promise<TrainedModel> {
  if (checkpoint === null) return await readTrainedModel(folder);
  const { model, step, facts, data, ...run } = await readCheckpointModel(folder, checkpoint, tell);
  return { ...run, ...knownOf(folder, facts, data, model), step, model, summary: null };
}

/** `folder`: a run folder, of which config.json, model.safetensors, summary.json and the newest checkpoint are read. */
export async function readTrainedModel(folder: string): Promise<TrainedModel> {
  const { options, facts, changes, program, data } = await readRun(folder, (why, cause) => {
    if (codeOf(cause) === 'ENOENT') return noRun(folder);
    return codeOf(cause) === null
      ? refuse(folder, 'config.json', why, cause)
      : unreadable(folder, 'config.json', cause);
  });
  const bytes = await readBytes(folder, 'model.safetensors');
  if (bytes === null) throw unfinished(folder, 'model.safetensors');
  const path = join(folder, 'model.safetensors');
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const model = modelFromTensors(tensors, metadata, path);
  const summary = await readSummary(folder);
  const checkpoint = await new CheckpointStore(folder).newestAlone(() => undefined);
  if (checkpoint !== null) {
    refuseEdited(folder, { facts, changes }, checkpoint);
    if (summary === null && !isModelOf(model, checkpoint.body, checkpoint.tensors))
      throw unfinished(folder, 'summary.json');
  }
  compareModel(folder, model, options, facts.engine, summary);
  return { ...knownOf(folder, facts, data, model), options, changes, program, step: null, model, summary };
}

function knownOf(folder: string, { dataDigest }: Facts, data: RecordedData | null, { widths }: Model) {
  const named = data?.classNames?.length ?? widths.at(-1);
  if (named !== widths.at(-1)) {
    throw refuse(folder, 'config.json', `it names ${named} classes, and its model has ${widths.at(-1)}`);
  }
  return { folder, name: basename(resolve(folder)), dataDigest, classNames: data?.classNames ?? null };
}

/** What config.json, summary.json and the model itself say of it. @throws LockstepError where they differ */
function compareModel(
  folder: string,
  model: Model,
  options: TrainOptions,
  engine: string,
  summary: Summary | null,
): void {
  const hidden = model.widths.slice(1, -1);
  if (String(hidden) !== String(options.hidden)) {
    throw refuse(folder, 'config.json', `"hidden" is ${options.hidden}, and its model has ${hidden}`);
  }
  const ofRun = normalizationText(normalizationOf(options.normalize));
  const ofModel = normalizationText(model.normalization);
  if (ofModel !== ofRun) {
    throw refuse(folder, 'config.json', `"normalize" is ${options.normalize}, and its model is for ${ofModel}`);
  }
  if (summary === null) return;
  const digest = digestOf(model.parameters);
  const short = (text: string) => `${text.slice(0, 12)}...`;
  if (summary.digest !== digest) {
    const why = `its digest is ${short(digest)}, and summary.json tells of ${short(summary.digest)}`;
    throw refuse(folder, 'model.safetensors', why);
  }
  const right = { seed: options.seed, engine, parameters: model.parameters.length };
  for (const key of ['seed', 'engine', 'parameters'] as const) {
    if (summary[key] === right[key]) continue;
    throw refuse(
      folder,
      'summary.json',
      `"${key}" is ${summary[key]}, and by config.json and model it is ${right[key]}`,
    );
  }
}

/** history.json; null where there is none. */
export async function readHistory(folder: string): Promise<readonly EpochRecord[] | null> {
  return await readChecked(folder, 'history.json', checkHistory);
}

/** summary.json; null where there is none. */
export async function readSummary(folder: string): Promise<Summary | null> {
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

/** Whether the model is what a run leaves that ends at this checkpoint. */
function isModelOf({ layout, parameters }: Model, body: StateBody, tensors: Uint8Array): boolean {
  const checkpoint = decodeCheckpoint(layout, body, tensors);
  if (checkpoint === null) return false;
  const left = [
    checkpoint.state.parameters,
    ...(checkpoint.bestParameters === null ? [] : [checkpoint.bestParameters]),
  ];
  return left.some((one) => digestOf(one) === digestOf(parameters));
}

export function refuse(folder: string, name: string, why: string, cause?: unknown): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_RUN_UNUSABLE',
    what: `${join(folder, name)} cannot be used`,
    why,
    mend: `Put the right one there${remedy(folder, name)}`,
    cause,
  });
}

/** Of a folder whose config.json cannot be used, where the run need not be finished. */
export function notARun(folder: string): (why: string, cause?: unknown) => LockstepError {
  return (why, cause) =>
    new LockstepError({
      code: 'ERR_LOCKSTEP_RUN_UNUSABLE',
      what: `${folder} is not the folder of a run`,
      why: `its config.json cannot be used: ${why}`,
      mend: 'Give the folder of a run that lockstep train has made, e.g. runs/<date-time>',
      cause,
    });
}

/** What else mends it. */
function remedy(folder: string, name: string): string {
  if (name === 'config.json') return ', or give the folder of a run that lockstep train has made';
  return name === 'log.json' ? ', or remove it' : `, or let it be made again: ${resumeCommand(folder)}`;
}

/** What a JSON file of the run folder holds; null where there is none. */
async function readJson(folder: string, name: string): Promise<object | null> {
  const bytes = await readBytes(folder, name, RECORD_BYTES);
  if (bytes === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw refuse(folder, name, `it is not JSON: ${ioReason(cause)}`, cause);
  }
  if (typeof value !== 'object' || value === null) throw refuse(folder, name, 'it holds neither an object nor a list');
  return value;
}

async function readBytes(folder: string, name: string, most?: number): Promise<Uint8Array | null> {
  try {
    return await readRegularFile(join(folder, name), most);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null;
    throw unreadable(folder, name, cause);
  }
}

function unreadable(folder: string, name: string, cause: unknown): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_RUN_UNUSABLE',
    what: `${join(folder, name)} cannot be read`,
    why: ioReason(cause),
    mend: 'Give the folder of a run, e.g. runs/<date-time>, and see to it that you may read it',
    cause,
  });
}

function noRun(folder: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_RUN_UNFINISHED',
    what: `${folder} is not the folder of a finished run`,
    why: 'it holds no config.json',
    mend: 'Give the folder of a run that lockstep train has finished, e.g. runs/<date-time>',
  });
}

function unfinished(folder: string, name: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_RUN_UNFINISHED',
    what: `${folder} is not the folder of a finished run`,
    why: `it holds no ${name}`,
    mend: `Finish it with: ${resumeCommand(folder)}; or give the folder of another run`,
  });
}
