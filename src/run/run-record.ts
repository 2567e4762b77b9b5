// What decides a run's bits, and config.json, which keeps it: the options, and under one key more what came of them.
// Pure; the file itself is the coordinator's.

import { initFileOf } from '../model/init-choice.ts';
import { OF_DATASET } from '../model/normalization.ts';
import { configForFile, resolveLayers } from '../options/config.ts';
import { schemaFileName } from '../options/config-schema.ts';
import { type Layer, recordKey, schemaKey } from '../options/layers.ts';
import type { TrainOptions } from '../options/train-options.ts';
import { classNames } from '../text/class-names.ts';
import { checkRecord, type ReadRecord } from './disk-records.ts';

/** All that a run's bits depend on, and options that they do not depend on. */
export interface Facts {
  /** The recorded options, as in config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly engine: string;
  /** SHA-256 (hex) of the data set. */
  readonly dataDigest: string;
}

/** Something that --allow-change let a resumed run do otherwise than before, from `step` on. */
export interface Change {
  readonly step: number;
  /**
   * Whole epochs done then. At the last step of an epoch it tells whether that epoch was validated before the change or
   * after it. Not recorded by 0.1.0.
   */
  readonly epochsDone?: number;
  readonly name: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** The first epoch (0-based) whose parameters --select best could keep: those before it was asked for are gone. */
export function firstSelectable(changes: readonly Change[], history: readonly { readonly steps: number }[]): number {
  const since = changes.findLast(({ name, to }) => name === 'select' && to === 'best');
  return since === undefined ? 0 : epochsDoneAt(since, history);
}

/** The first epoch (0-based) since which the images that are trained on are what they are now, or null: none was trained so. */
export function firstEpochSeen(
  changes: readonly Change[],
  history: readonly { readonly steps: number }[],
): number | null {
  const since = changes.findLast(({ name }) => ['seed', 'valSize', 'limitTrain', 'augment', 'data'].includes(name));
  if (since === undefined) return 0;
  const done = epochsDoneAt(since, history);
  // augmentation may change in the middle of an epoch
  const first = since.step > (history[done - 1]?.steps ?? 0) ? done + 1 : done;
  return first < history.length ? first : null;
}

function epochsDoneAt({ step, epochsDone }: Change, history: readonly { readonly steps: number }[]): number {
  return epochsDone ?? history.filter(({ steps }) => steps <= step).length;
}

/** What a run's data were understood to be: known without them. */
export interface RecordedData {
  /** "IDX files" */
  readonly form: string;
  /** One a class; null: they are plain numbers from 0. */
  readonly classNames: readonly string[] | null;
  /** Images of the data's own validation split, which stood in place of --val-size; 0: they have none. */
  readonly validation: number;
  /** Whether the test set was drawn from the training images. */
  readonly testDrawn: boolean;
}

interface RunRecord {
  /** Version of the program that wrote it. */
  readonly program: string;
  readonly engine: string;
  readonly dataDigest: string;
  readonly changes: readonly Change[];
  /** What its data were understood to be. Not recorded by 0.1.0, whose data were IDX files. */
  readonly data?: RecordedData;
  /** The way from the run folder to the data: both may move together. Not recorded by 0.1.0, nor for MNIST's own. */
  readonly dataFromRun?: string;
}

/** The content of config.json. */
export function runConfigOf(
  { config, engine, dataDigest }: Facts,
  program: string,
  changes: readonly Change[],
  dataFromRun: string | null = null,
  data: RecordedData | null = null,
): object {
  const record: RunRecord = {
    program,
    engine,
    dataDigest,
    changes,
    ...(data === null ? {} : { data }),
    ...(dataFromRun === null ? {} : { dataFromRun }),
  };
  return { [schemaKey]: `./${schemaFileName}`, ...config, [recordKey]: record };
}

/** A run's options, facts and changes from the content of its config.json, or why it has none. */
export function readRunConfig(
  values: Readonly<Record<string, unknown>>,
  placeOf?: Layer['placeOf'],
):
  | {
      options: TrainOptions;
      facts: Facts;
      changes: readonly Change[];
      program: string;
      dataFromRun: string | null;
      data: RecordedData | null;
    }
  | { readonly why: string } {
  const found = checkRecord(values[recordKey]);
  if ('why' in found) {
    return { why: `it does not say on which data and with which engine it was trained ("${recordKey}": ${found.why})` };
  }
  const { program, engine, dataDigest, changes, dataFromRun = null, data = null } = found.value;
  const { options } = resolveLayers([{ origin: 'file', values, ...(placeOf && { placeOf }) }]);
  if (options.normalize === OF_DATASET)
    return { why: '"normalize" is "dataset" without the numbers that were measured' };
  if (options.init !== null && initFileOf(options.init).sha256 === null)
    return { why: '"init" does not end in the SHA-256 of its file' };
  if (options.engine !== engine) return { why: `"engine" is ${options.engine}, and in "${recordKey}" it is ${engine}` };
  const facts = { config: configForFile(options), engine, dataDigest };
  return { options, facts, changes: changes.map(changeOf), program, dataFromRun, data: data && cleaned(data) };
}

/** Names are those of strangers, wherever they were kept. */
function cleaned(data: RecordedData): RecordedData {
  return { ...data, classNames: data.classNames && classNames(data.classNames) };
}

/** Without the key of a number that was not recorded. */
export function changeOf({ epochsDone, ...change }: ReadRecord['changes'][number]): Change {
  const { step, name, from, to } = change;
  return epochsDone === undefined ? { step, name, from, to } : { step, epochsDone, name, from, to };
}
