// What a run left in its folder of how it was configured: config.json. Reads only.

import { join } from 'node:path';
import { recordKey, resolveOptions, type TrainOptions } from '../src/config.ts';
import { LockstepError } from '../src/errors.ts';
import { type Change, type Facts, readRunConfig } from '../src/run-record.ts';
import { readConfigFile } from './config-file.ts';
import { RECORD_BYTES, readRegularFile } from './read-file.ts';

/** The options of a run as it was started, or last resumed. */
export async function readRun(
  folder: string,
): Promise<{ options: TrainOptions; facts: Facts; changes: readonly Change[] }> {
  const refuse = (why: string, cause?: unknown) =>
    new LockstepError({
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
  return run;
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

/** What was asked for, over the configuration file, over the run that is resumed, over the defaults. */
export async function resolveWithRun(
  given: object,
  file: Readonly<Record<string, unknown>> | null,
  origin: 'flag' | 'option',
): Promise<TrainOptions> {
  const asked = resolveOptions(given, file, origin);
  if (asked.resume === null) return asked;
  const { facts } = await readRun(asked.resume);
  const { [recordKey]: _, ...fromFile } = file ?? {};
  return resolveOptions({ ...fromFile, ...definedOf(given) }, facts.config, origin);
}

function definedOf(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
