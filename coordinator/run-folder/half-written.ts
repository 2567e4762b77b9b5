// What a killed process left half-written in a run folder, wherever in it files are written whole. Checkpoints, which are folders,
// are tidied by themselves.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BOARD_FOLDER, EPOCHS_FOLDER, FIGURES_FOLDER } from './folder-names.ts';
import { isAside } from './write-whole.ts';

/** Paths of files. A folder within that cannot be read has none. @throws what the system says of the run folder itself */
export async function halfWritten(runFolder: string): Promise<string[]> {
  const left = await asidesIn(runFolder);
  for (const name of [EPOCHS_FOLDER, FIGURES_FOLDER, BOARD_FOLDER]) {
    left.push(...(await asidesIn(join(runFolder, name)).catch(() => [])));
  }
  return left;
}

async function asidesIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => isAside(entry.name) && !entry.isDirectory())
    .map(({ name }) => join(folder, name));
}
