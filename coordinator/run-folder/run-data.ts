// Where the data of a run are: recorded so that they are found from any folder, and when run and data moved together. Which
// data they are is told by their digest.

import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path';
import type { TrainOptions } from '../../src/options/train-options.ts';

/** The options as they are recorded, and the way from the run folder to the data. */
export function withDataRecorded(
  options: TrainOptions,
  runFolder: string | null,
): { options: TrainOptions; dataFromRun: string | null } {
  if (options.data === null) return { options, dataFromRun: null };
  const data = resolve(options.data);
  const dataFromRun = runFolder === null ? null : relative(resolve(runFolder), data);
  // the same folder: an empty path is none
  return { options: { ...options, data }, dataFromRun: dataFromRun === '' ? '.' : dataFromRun };
}

/** `data`: as recorded. Where nothing is there, what lies as it lay from the run folder; if neither is, `data`. */
export function placeOfData(runFolder: string, data: string | null, dataFromRun: string | null): string | null {
  if (data === null || isThere(data)) return data;
  const moved = dataFromRun === null ? [] : [resolve(runFolder, dataFromRun)];
  // 0.1.0 recorded what was typed, in a folder that is most often above that of the run
  const typed = isAbsolute(data) ? [] : foldersAbove(runFolder).map((folder) => resolve(folder, data));
  return [...moved, ...typed].find(isThere) ?? data;
}

/** A file or folder, or what the names of files begin with. */
function isThere(place: string): boolean {
  if (existsSync(place)) return true;
  try {
    return readdirSync(dirname(place)).some((name) => name.startsWith(basename(place)));
  } catch {
    return false;
  }
}

function foldersAbove(folder: string): string[] {
  const above: string[] = [];
  for (let at = resolve(folder); dirname(at) !== at; ) {
    at = dirname(at);
    above.push(at);
  }
  return above;
}
