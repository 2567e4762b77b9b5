// What was asked for -> the options of a run, where it may be one that goes on: its config.json then stands for the defaults.

import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { LockstepError } from '../../src/errors.ts';
import { codeOf, ioReason } from '../../src/host/files/io-reason.ts';
import { usableCores } from '../../src/host/usable-cores.ts';
import { isOfDataset, OF_DATASET } from '../../src/model/normalization.ts';
import { type Resolved, resolveLayers, resolveOptions, resolveThreads } from '../../src/options/config.ts';
import type { Layer } from '../../src/options/layers.ts';
import type { RunOptions, TrainOptions } from '../../src/options/train-options.ts';
import { type RunAt, readRunAt } from '../run-folder/read-run.ts';
import { sameInit } from './given-init.ts';

/** What is to be trained. */
export interface Asked {
  readonly options: RunOptions;
  /** The run that goes on, as it was read for the options; null: a new one. */
  readonly resumed: RunAt | null;
}

/** A new run, with what differs from the defaults. */
export function newRun(options: object): Asked {
  return { options: withThreads(resolveOptions(options, null), usableCores()), resumed: null };
}

/** What was asked for, over the configuration file, over the run that is resumed, over the defaults. `cores`: for threads. */
export async function resolveWithRun(
  given: object,
  file: Readonly<Record<string, unknown>> | null,
  origin: 'flag' | 'option',
  cores = usableCores(),
): Promise<Asked> {
  const layers: Layer[] = [
    { origin: 'file', values: file ?? {} },
    { origin, values: given },
  ];
  return await resolveLayersWithRun(layers, cores);
}

/** The lowest layer first; the run that is resumed lies under all of them. */
export async function resolveLayersWithRun(
  layers: readonly Layer[],
  cores: number,
): Promise<Asked & Pick<Resolved, 'sources'>> {
  const { options, sources } = resolveLayers(layers);
  const asked = await withRunThere(options);
  const { resume, from } = asked;
  if (resume === null) return { options: withThreads(asked, cores), sources, resumed: null };
  const resumed = await readRunAt(resume, from);
  const recorded: Layer = { origin: layers.at(-1)!.origin, values: await asRecorded(asked, resumed) };
  const over = resolveLayers([{ origin: 'run', values: resumed.before.facts.config }, ...layers, recorded]);
  return { options: withThreads({ ...over.options, resume, from }, cores), sources: over.sources, resumed };
}

/** What the run records otherwise than it was asked for, where both mean the same: its own numbers, its own file. */
async function asRecorded(asked: TrainOptions, { before }: RunAt): Promise<Partial<TrainOptions>> {
  const { normalize, init } = before.options;
  return {
    ...(asked.normalize === OF_DATASET && isOfDataset(normalize) ? { normalize } : {}),
    ...(asked.init === null ? {} : { init: await sameInit(asked.init, init) }),
  };
}

function withThreads(options: TrainOptions, cores: number): RunOptions {
  return { ...options, threads: resolveThreads(options, cores) };
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
