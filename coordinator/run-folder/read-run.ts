// A run as its config.json has it, and as it was at one of its checkpoints: the one reader of that file. Reads only.

import { join } from 'node:path';
import { LockstepError } from '../../src/errors.ts';
import { type ConfigFile, readConfigFile } from '../../src/host/files/config-file.ts';
import { RECORD_BYTES, readRegularFile } from '../../src/host/files/read-file.ts';
import { resolveOptions } from '../../src/options/config.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import type { CheckpointChoice } from '../../src/options/value-kinds.ts';
import { stateFileName } from '../../src/run/checkpoint.ts';
import { asOf } from '../../src/run/differences.ts';
import { refuseEdits } from '../../src/run/edited-config.ts';
import { type Change, changeOf, type Facts, type RecordedData, readRunConfig } from '../../src/run/run-record.ts';
import { CheckpointStore, type Chosen, type Found } from './checkpoint-store.ts';
import { placeOfData } from './run-data.ts';

/** A run as it was started, or last resumed. */
export interface Run {
  readonly options: TrainOptions;
  readonly facts: Facts;
  readonly changes: readonly Change[];
  /** Version of the program that wrote it. */
  readonly program: string;
  /** What its data were understood to be; null: it does not say. */
  readonly data: RecordedData | null;
}

/** `refuse`: how a file that cannot be used is told of; `cause`: where it cannot be read, why. */
export async function readRun(
  folder: string,
  refuse: (why: string, cause?: unknown) => LockstepError = notResumable(folder),
): Promise<Run> {
  let file: ConfigFile;
  try {
    file = await readConfigFile(join(folder, 'config.json'), (path) => readRegularFile(path, RECORD_BYTES));
  } catch (error) {
    throw error instanceof LockstepError ? refuse(error.why, error.cause) : refuse(String(error), error);
  }
  const { options, facts, changes, program, dataFromRun, data } = configOf(file, refuse);
  const place = placeOfData(folder, options.data, dataFromRun);
  const config = { ...facts.config, data: place };
  return { options: { ...options, data: place }, facts: { ...facts, config }, changes, program, data };
}

export interface RunAt {
  /** As config.json has it. */
  readonly written: Run;
  /** As it was at the checkpoint. */
  readonly before: Run;
  /** The checkpoint itself; null: the newest was asked for, and none is read. */
  readonly chosen: Chosen | null;
}

/** The run, and at the checkpoint that it is to go on from. @throws LockstepError where it has none such */
export async function readRunAt(
  folder: string,
  from: CheckpointChoice,
  store = new CheckpointStore(folder),
  passedOver: (path: string, why: string) => void = () => undefined,
): Promise<RunAt> {
  const written = await readRun(folder);
  if (from === 'last') return { written, before: written, chosen: null };
  const chosen = await store.chosen(from, passedOver);
  return { written, before: runAt(written, chosen), chosen };
}

/** @throws LockstepError where config.json says something else than a checkpoint of the run, and no recorded change explains it */
export function refuseEdited(folder: string, { facts, changes }: Pick<Run, 'facts' | 'changes'>, found: Found): void {
  const { body, path } = found;
  const checkpoint = { facts: body.facts, changes: body.changes.map(changeOf), path: join(path, stateFileName) };
  refuseEdits(checkpoint, { facts, changes, path: join(folder, 'config.json') }, [], false);
}

/** The run as it was at a checkpoint. */
export function runAt(written: Run, { body }: Found): Run {
  const { facts, changes } = asOf({ facts: body.facts, changes: body.changes.map(changeOf) }, written);
  return { options: resolveOptions({}, facts.config), facts, changes, program: body.program, data: written.data };
}

/** A value that no option takes is the file's fault, and is told with the file's name. */
function configOf(
  { values, placeOf }: ConfigFile,
  refuse: (why: string, cause?: unknown) => LockstepError,
): Exclude<ReturnType<typeof readRunConfig>, { why: string }> {
  let found: ReturnType<typeof readRunConfig>;
  try {
    found = readRunConfig(values, placeOf);
  } catch (cause) {
    if (!(cause instanceof LockstepError)) throw cause;
    throw refuse(`${cause.what}: ${cause.why}`, cause);
  }
  if ('why' in found) throw refuse(found.why);
  return found;
}

function notResumable(folder: string) {
  return (why: string, cause?: unknown) =>
    new LockstepError({
      code: 'ERR_LOCKSTEP_RESUME_REFUSED',
      what: `The run in ${folder} cannot be resumed`,
      why: `its config.json cannot be used: ${why}`,
      mend: 'Give --resume the folder of a run, such as runs/<date-time>, or start a new run without it',
      cause,
    });
}
