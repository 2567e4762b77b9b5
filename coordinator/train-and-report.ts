// A run, and what it leaves for people: log.json, which grows with it, and figures and report.html behind it. None of them
// can make the run fail: its results are on the disk without them.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ExitCode, LockstepError, messageOf } from '../src/errors.ts';
import { explained } from '../src/host/machine-lack.ts';
import { machineLimits } from '../src/host/machine-limits.ts';
import { printableEvent, type Summary, type TrainEvent } from '../src/run/events.ts';
import { refuseUnexpected } from '../src/run/expected-digest.ts';
import { exitCodeOf } from '../src/text/error-text.ts';
import type { JustTrained } from './evaluation/evaluation-set.ts';
import { writeReport } from './report/write-report.ts';
import { ProcessLogger } from './run-folder/process-log.ts';
import { RunLogFile } from './run-folder/run-log-file.ts';
import type { TrainWiring } from './training/make-executor.ts';
import type { Asked } from './training/resolve-with-run.ts';
import type { TrainDeps } from './training/train-deps.ts';
import { trainRun } from './training/train-run.ts';

export async function trainAndReport(asked: Asked, hooks: TrainDeps, wiring: TrainWiring): Promise<Summary> {
  const { options } = asked;
  const began = performance.now();
  const record = new ProcessLogger(() => (performance.now() - began) / 1000);
  const source = options.resume === null ? null : resolve(options.resume);
  const target = options.out === null ? source : resolve(options.out);
  // there from the first step on: a run that is refused writes nothing, and one that was finished before has its log
  let file: RunLogFile | null = null;
  let folder: string | null = null;
  let known: JustTrained | null = null;
  const onTrained = (trained: JustTrained) => {
    known = trained;
  };
  const onEvent = (event: TrainEvent) => {
    record.add(event);
    if (event.type === 'start' && target !== null) {
      const { threads } = event;
      file = new RunLogFile(
        target,
        source,
        () => record.log(wiring.programVersion, threads, options.listen !== null, options.wide, source !== null),
        (message) => onEvent({ type: 'warning', message }),
      );
    }
    if (event.type === 'done') folder = event.folder;
    // as often as the run's state, so that a killed process leaves its story up to there
    if (event.type === 'start' || event.type === 'checkpoint' || event.type === 'done') file?.save();
    hooks.onEvent?.(event);
  };
  const logFile = (): RunLogFile | null => file;
  try {
    const summary = await trainRun(asked, { ...hooks, onEvent, onTrained }, wiring);
    await leave(logFile(), folder);
    refuseUnexpected(options.expectDigest, summary);
    return summary;
  } catch (error) {
    record.end(whatAndWhy(error), exitCodeOf(error));
    await logFile()
      ?.finish()
      .catch(() => undefined);
    throw error;
  }

  async function leave(log: RunLogFile | null, written: string | null): Promise<void> {
    if (written === null) return;
    try {
      await log?.finish();
      // one that was finished before has its report, unless it was killed while that was made
      if (!options.report || (log === null && existsSync(join(written, 'report.html')))) return;
      hooks.onPhase?.('report');
      await writeReport(written, null, wiring, known);
    } catch (error) {
      const why = whatAndWhy(explained(error, machineLimits, ExitCode.runFailed));
      const message = `The run is done, but its report could not be made: ${why}`;
      hooks.onEvent?.(printableEvent({ type: 'warning', message }));
    }
  }
}

/** What went wrong and why; not what mends it, which may have been done since. */
function whatAndWhy(error: unknown): string {
  if (error instanceof LockstepError) return `${error.what}: ${error.why}`;
  return messageOf(error);
}
