// Where lives are lived: two small data sets of the same image size, in a folder of their own.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset } from '../../../src/data/dataset.ts';
import { loadDataset } from '../../../src/host/data/load-dataset.ts';
import { writeTinyData } from '../../support/tiny-data.ts';

/** Training images of the smaller one. */
export const TRAIN = 120;

/** A run begins with its own data; `other` may be allowed later. */
const livesData = {
  own: { train: TRAIN, test: 20, classes: 3, rows: 8, columns: 8, seed: 1 },
  other: { train: 131, test: 17, classes: 3, rows: 8, columns: 8, seed: 2 },
} as const;
export type DataName = keyof typeof livesData;

interface Made {
  readonly folder: string;
  readonly dataset: Dataset;
  /** As --transpose reads it. */
  readonly turned: Dataset;
}

export interface World {
  /** Where runs are written. */
  readonly folder: string;
  /** What a stage may take; it is over within a second, or never. */
  readonly stageMs: number;
  readonly data: Readonly<Record<DataName, Made>>;
}

export async function makeWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-lives-'));
  const made = async (name: DataName) => {
    const place = join(folder, name);
    await writeTinyData(place, livesData[name]);
    return {
      folder: place,
      dataset: await loadDataset(place),
      turned: await loadDataset(place, { reading: { transpose: true } }),
    };
  };
  return { folder, stageMs: 30_000, data: { own: await made('own'), other: await made('other') } };
}

/** Another place for the runs of one life. */
export async function partOf(world: World): Promise<World> {
  return { ...world, folder: await mkdtemp(join(world.folder, 'life-')) };
}

export async function endWorld({ folder }: World): Promise<void> {
  await rm(folder, { recursive: true });
}
