// Begins to watch a run, new or resumed: from its options and its checkpoint to a Watch.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RECORD_BYTES, readRegularFile } from '../../src/host/files/read-file.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { stateFileName } from '../../src/run/checkpoint.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import type { Position } from '../../src/run/position.ts';
import type { Facts } from '../../src/run/run-record.ts';
import { printable } from '../../src/text/clean-text.ts';
import { freshStart, type WatchedStart } from '../watch/model/watched-run.ts';
import { type BoardDeps, untoldEpochs } from '../watch/tensorboard/board.ts';
import { Watch } from '../watch/watch.ts';
import type { OpenRun } from './open-run.ts';

export async function watchRun(
  opened: Pick<OpenRun, 'folder' | 'store' | 'start' | 'inPlace' | 'facts'>,
  options: TrainOptions,
  version: string,
  onEvent: (event: TrainEvent) => void,
): Promise<Watch | null> {
  const { folder, start } = opened;
  const { engine, wide, seed, batchSize, shards, lr: learningRate, epochs } = options;
  // a folder may be named with anything
  const name = printable(folder?.name ?? 'unsaved');
  const watchedStart = start === null ? freshStart : startOf(start, await checkpointMs(opened));
  return await Watch.start({
    options,
    facts: { name, version, nodeVersion: process.version, engine, wide, seed, batchSize, shards, learningRate, epochs },
    start: watchedStart,
    // what the process before has counted
    earlier:
      start === null ? '' : await readRegularFile(join(options.resume!, fileName), RECORD_BYTES).then(String, () => ''),
    onEvent,
    write: folder === null ? null : (text) => folder.writeFile(fileName, text),
    board: folder === null || !options.tensorboard ? null : await boardOf(folder.path, opened.facts, watchedStart),
  });
}

async function boardOf(runFolder: string, facts: Facts, { steps, epochs }: WatchedStart): Promise<BoardDeps> {
  return { runFolder, facts, start: { steps, epochs: await untoldEpochs(runFolder, epochs) } };
}

const fileName = 'metrics.om';

/** When the checkpoint was written that the run goes on from. In another folder it is written anew, and told then. */
async function checkpointMs({ store, start, inPlace }: Parameters<typeof watchRun>[0]): Promise<number> {
  if (store === null || start === null || !inPlace) return 0;
  const written = stat(join(store.pathOf(start.position.step), stateFileName));
  return await written.then(({ mtimeMs }) => mtimeMs).catch(() => 0);
}

function startOf({ position }: NonNullable<OpenRun['start']>, checkpointMs: number): WatchedStart {
  return { ...watchedFrom(position), checkpointMs };
}

/** What is known of a run that stands there. */
export function watchedFrom({ step, history, sums }: Position): Omit<WatchedStart, 'checkpointMs'> {
  const whole = history.reduce((sum, { samples }) => sum + samples, 0);
  return { steps: step, samples: whole + sums.sampleCount, epochs: history };
}
