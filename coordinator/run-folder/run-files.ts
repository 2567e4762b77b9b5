// What a run left in its folder of how it was configured: config.json. Reads only.

import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { LockstepError } from '../../src/errors.ts';
import { readConfigFile } from '../../src/host/files/config-file.ts';
import { codeOf, ioReason } from '../../src/host/files/io-reason.ts';
import { RECORD_BYTES, readRegularFile } from '../../src/host/files/read-file.ts';
import { recordKey, resolveOptions } from '../../src/options/config.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import type { CheckpointChoice } from '../../src/options/value-kinds.ts';
import { asOf } from '../../src/run/resume-plan.ts';
import { type Change, changeOf, type Facts, readRunConfig } from '../../src/run/run-record.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import { placeOfData } from './run-data.ts';

/** The options of a run as it was started, or last resumed. */
export async function readRun(
  folder: string,
): Promise<{ options: TrainOptions; facts: Facts; changes: readonly Change[] }> {
  const refuse = (why: string, cause?: unknown) =>
    new LockstepError({
      code: 'ERR_LOCKSTEP_RESUME_REFUSED',
      what: `The run in ${folder} cannot be resumed`,
      why,
      mend: 'Give --resume the folder of a run, such as runs/<date-time>, or start a new run without it',
      cause,
    });
  let values: Record<string, unknown>;
  try {
    values = await readConfigFile(join(folder, 'config.json'), (path) => readRegularFile(path, RECORD_BYTES));
  } catch (error) {
    throw refuse(`its config.json cannot be used: ${error instanceof LockstepError ? error.why : error}`, error);
  }
  const run = runConfigOrWhy(values);
  if ('why' in run) throw refuse(`its config.json cannot be used: ${run.why}`);
  const { options, facts, changes, dataFromRun } = run;
  const data = placeOfData(folder, options.data, dataFromRun);
  return { options: { ...options, data }, facts: { ...facts, config: { ...facts.config, data } }, changes };
}

/** A value that no option takes is the file's fault, and is told with the file's name. */
function runConfigOrWhy(values: Record<string, unknown>): ReturnType<typeof readRunConfig> {
  try {
    return readRunConfig(values);
  } catch (error) {
    if (error instanceof LockstepError) return { why: `${error.what}: ${error.why}` };
    throw error;
  }
}

/** The same as it was at one of its checkpoints. @throws LockstepError where it has none such */
export async function readRunAt(folder: string, from: CheckpointChoice): ReturnType<typeof readRun> {
  const run = await readRun(folder);
  if (from === 'last') return run;
  const { body } = await new CheckpointStore(folder).chosen(from, () => undefined);
  const { facts, changes } = asOf({ facts: body.facts, changes: body.changes.map(changeOf) }, run);
  return { options: resolveOptions({}, facts.config), facts, changes };
}

/** What was asked for, over the configuration file, over the run that is resumed, over the defaults. */
export async function resolveWithRun(
  given: object,
  file: Readonly<Record<string, unknown>> | null,
  origin: 'flag' | 'option',
): Promise<TrainOptions> {
  const asked = await withRunThere(resolveOptions(given, file, origin));
  const { resume, from } = asked;
  if (resume === null) return asked;
  const { facts } = await readRunAt(resume, from);
  const { [recordKey]: _, ...fromFile } = file ?? {};
  return resolveOptions({ ...fromFile, ...definedOf(given), resume, from }, facts.config, origin);
}

/** With --auto-resume: the run in --out is what goes on, if there is one. */
async function withRunThere(asked: TrainOptions): Promise<TrainOptions> {
  const { autoResume, out, resume, from } = asked;
  if (autoResume && out === null) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: '--auto-resume needs --out',
      why: 'a run is found again by its folder, and without --out each has a new one',
      mend: 'Name the run folder: --auto-resume --out DIR',
    });
  }
  // with it, what the rest of the command says was done already: the run began
  if (autoResume && (await hasConfig(out!))) return { ...asked, resume: out, from: 'last' };
  if (resume === null && from !== 'last') {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--from ${from} needs --resume`,
      why: 'it names a checkpoint of the run that goes on',
      mend: `Name the run as well: --resume DIR --from ${from} --out OTHER`,
    });
  }
  return asked;
}

/** Whatever it is: one that cannot be used is not passed over. */
async function hasConfig(folder: string): Promise<boolean> {
  return await lstat(join(folder, 'config.json')).then(
    () => true,
    (error: unknown) => {
      if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return false;
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_RUN_UNUSABLE',
        what: `The run folder ${folder} cannot be read`,
        why: ioReason(error),
        mend: 'See to it that you may read it, or choose another with --out DIR',
        cause: error,
      });
    },
  );
}

function definedOf(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
