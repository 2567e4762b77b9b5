// Which Parquet files at a path are which part of a data set, by their names: train-00000-of-00001.parquet, test-..., or folders
// that are called so. Opens none of them.

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isHidden, type PictureSplit, splitOf } from '../../data/picture-names.ts';
import { LockstepError } from '../../errors.ts';
import { shellWord } from '../../text/shell-command.ts';

export type ParquetPaths = Partial<Record<PictureSplit, readonly string[]>>;

export interface FoundParquet {
  readonly parts: ParquetPaths;
  /** Beside files that are called like parts. */
  readonly leftOut: readonly string[];
}

const isParquet = (name: string) => !isHidden(name) && /\.parquet$/i.test(name);

/** In the folder, in folders of parts within it, or one level below; null: there are none. @throws LockstepError */
export async function findParquet(folder: string, tell: (message: string) => void): Promise<FoundParquet | null> {
  const here = await inFolder(folder);
  if (here !== null) return here;
  const below: (FoundParquet & { readonly folder: string })[] = [];
  for (const name of (await namesIn(folder)).filter((one) => !isHidden(one))) {
    const inner = await inFolder(join(folder, name));
    if (inner !== null) below.push({ ...inner, folder: join(folder, name) });
  }
  const [found, another] = below;
  if (found === undefined) return null;
  if (another !== undefined) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MISMATCH',
      what: `There is more than one data set in ${folder}`,
      why: `${below.map((one) => one.folder).join(' and ')} hold Parquet files`,
      mend: `Name one of them: --data ${shellWord(found.folder)}`,
    });
  }
  tell(`The data files were found in ${found.folder}`);
  return found;
}

async function inFolder(folder: string): Promise<FoundParquet | null> {
  const names = await namesIn(folder);
  const files = names.filter(isParquet);
  if (files.length > 0) return byName(folder, files);
  const parts: Partial<Record<PictureSplit, string[]>> = {};
  for (const name of names) {
    const split = splitOf(name);
    const inside = split === null ? [] : (await namesIn(join(folder, name))).filter(isParquet);
    if (split === null || inside.length === 0) continue;
    parts[split] = [...(parts[split] ?? []), ...inside.map((file) => join(folder, name, file))];
  }
  return parts.train === undefined ? null : { parts, leftOut: [] };
}

function byName(folder: string, files: readonly string[]): FoundParquet {
  const parts: Partial<Record<PictureSplit, string[]>> = {};
  const others: string[] = [];
  for (const file of files) {
    const split = splitOf(/^[a-z]+/i.exec(basename(file))?.[0] ?? '');
    if (split === null) others.push(join(folder, file));
    else parts[split] = [...(parts[split] ?? []), join(folder, file)];
  }
  return parts.train === undefined && parts.test === undefined && parts.validation === undefined
    ? { parts: { train: others }, leftOut: [] }
    : { parts, leftOut: others };
}

/** In the order of their bytes; none of what is no folder. */
async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
