// Begins to watch a run, new or resumed: from its options and its checkpoint to a Watch.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainOptions } from '../../src/config.ts';
import type { TrainEvent } from '../../src/events.ts';
import type { OpenRun } from '../open-run.ts';
import { Watch } from './watch.ts';
import { freshStart, type WatchedStart } from './watched-run.ts';

export async function watchRun(
  { folder, start }: Pick<OpenRun, 'folder' | 'start'>,
  options: TrainOptions,
  version: string,
  onEvent: (event: TrainEvent) => void,
): Promise<Watch | null> {
  const { engine, seed, batchSize, shards, lr: learningRate, epochs, maxSteps } = options;
  const name = folder?.name ?? 'unsaved';
  return await Watch.start({
    options,
    facts: { name, version, engine, seed, batchSize, shards, learningRate, epochs, maxSteps },
    start: start === null ? freshStart : startOf(start),
    // what the process before has counted
    earlier: start === null ? '' : await readFile(join(options.resume!, fileName), 'utf8').catch(() => ''),
    onEvent,
    write: folder === null ? null : (text) => folder.writeFile(fileName, text),
  });
}

const fileName = 'metrics.om';

function startOf({ position }: NonNullable<OpenRun['start']>): WatchedStart {
  const whole = position.history.reduce((sum, { samples }) => sum + samples, 0);
  return { steps: position.step, samples: whole + position.sums.sampleCount, epochs: position.history };
}
