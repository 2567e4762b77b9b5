// A run folder made by a short training on real MNIST, for tests of what is done with one.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { train } from '../../src/library.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import type { Summary } from '../../src/run/events.ts';

export interface TrainedRun {
  readonly folder: string;
  readonly summary: Summary;
  remove(): Promise<void>;
}

export async function trainedRun(options: Partial<TrainOptions> = {}): Promise<TrainedRun> {
  const parent = await mkdtemp(join(tmpdir(), 'lockstep-run-'));
  const folder = join(parent, 'run');
  const summary = await train({ epochs: 1, limitTrain: 6000, threads: 1, report: false, ...options, out: folder });
  return { folder, summary, remove: async () => await rm(parent, { recursive: true, force: true }) };
}
