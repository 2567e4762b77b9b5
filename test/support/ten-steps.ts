// Small runs of ten steps an epoch, the last of a batch of two, whose checkpoints all stay; in a folder of their own.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { writeTinyData } from './tiny-data.ts';

export interface TenSteps {
  readonly folder: string;
  readonly data: string;
  readonly short: Partial<TrainOptions>;
  /** A place that is not there yet. */
  place(): string;
  remove(): Promise<void>;
}

export async function makeTenSteps(checkpointEvery: number): Promise<TenSteps> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-ten-steps-'));
  const data = join(folder, 'data');
  await writeTinyData(data, { train: 340, test: 40, classes: 4 });
  const sizes = { valSize: 50, batchSize: 32, hidden: [12, 7], epochs: 3 };
  let counter = 0;
  return {
    folder,
    data,
    short: { data, ...sizes, threads: 0, keepLast: 100, checkpointEvery },
    place: () => join(folder, `run-${counter++}`),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
