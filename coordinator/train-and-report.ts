// A run, and behind it what it leaves for people: log.json, figures and report.html. They come last and may fail without the
// run failing: its results are on the disk by then.

import { join } from 'node:path';
import type { TrainOptions } from '../src/config.ts';
import type { Summary, TrainEvent } from '../src/events.ts';
import type { Wiring } from './make-executor.ts';
import { RunLog } from './run-log.ts';
import { type Hooks, trainRun } from './train-run.ts';
import { writeReport } from './write-report.ts';
import { writeWhole } from './write-whole.ts';

export async function trainAndReport(options: TrainOptions, hooks: Hooks, wiring: Wiring): Promise<Summary> {
  const began = performance.now();
  const log = new RunLog(() => (performance.now() - began) / 1000);
  let threads: number | null = null;
  let folder: string | null = null;
  const onEvent = (event: TrainEvent) => {
    log.add(event);
    if (event.type === 'start') threads = event.threads;
    if (event.type === 'done') folder = event.folder;
    hooks.onEvent?.(event);
  };
  const summary = await trainRun(options, { ...hooks, onEvent }, wiring);
  // a run that was finished before has its report
  if (folder === null || threads === null) return summary;
  try {
    const file = log.file(wiring.programVersion, threads, options.listen !== null);
    await writeWhole(join(folder, 'log.json'), `${JSON.stringify(file, null, 2)}\n`);
    if (options.report) await writeReport(folder, null, wiring);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `The run is done, but its report could not be made: ${why}`;
    hooks.onEvent?.({ type: 'warning', message });
  }
  return summary;
}
