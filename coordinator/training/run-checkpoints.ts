// A run's checkpoints: ties together where they lie, what belongs into one, and when it is written.

import type { LockstepError } from '../../src/errors.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { isHistoryDue } from '../../src/run/epoch-segments.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import { resumeCommand } from '../../src/text/shell-command.ts';
import type { BestParameters } from './best-parameters.ts';
import { Checkpointer } from './checkpointer.ts';
import type { OpenRun } from './open-run.ts';
import type { ReceiptBook } from './receipt-book.ts';

export interface CheckpointDeps {
  readonly memory: RunMemory;
  readonly options: TrainOptions;
  readonly receipts: ReceiptBook | null;
  readonly best: BestParameters | null;
  readonly program: string;
  /** Wall time of the run up to now. */
  readonly seconds: () => number;
  /** Steps that the run may have to go back to. */
  readonly cleanSteps: () => readonly number[];
  readonly onEvent: (event: TrainEvent) => void;
  readonly onFatal: (error: LockstepError) => void;
}

/** null for a run that writes nothing. */
export async function checkpointerOf(opened: OpenRun, parts: CheckpointDeps): Promise<Checkpointer | null> {
  const { folder, store, start, inPlace, shape, facts, changes } = opened;
  const { memory, options, receipts, best, program, seconds, cleanSteps, onEvent, onFatal } = parts;
  if (folder === null || store === null) return null;
  const { layout } = shape;
  let epochsTold = -1;
  const checkpointer = new Checkpointer(inPlace ? start : null, {
    snapshot: (position, validation) => {
      const state = memory.state(position.step);
      return {
        position,
        validation,
        facts,
        changes,
        program,
        seconds: seconds(),
        state,
        receipts: receipts?.mark ?? null,
        bestParameters: best?.ofWholeEpochs ?? null,
      };
    },
    write: async (checkpoint) => {
      const { history, step } = checkpoint.position;
      // what a checkpoint says of them is there before it; and what fails behind it would pass for a failure to write it
      await receipts?.flush();
      if (isHistoryDue(epochsTold, history.length)) {
        await folder.writeJson('history.json', history);
        epochsTold = history.length;
      }
      const bytes = await store.save(layout, checkpoint, options.keepLast, cleanSteps());
      return { path: store.pathOf(step), bytes };
    },
    errors: options.checkpointErrors,
    mend: `Make room there, and go on with: ${resumeCommand(folder.path)}`,
    onEvent,
    onFatal,
  });
  // in a new folder the checkpoint that it starts from is its first
  if (start !== null) await checkpointer.save(start.position, start.validation);
  return checkpointer;
}

/** The training goes on meanwhile; of a failure a warning tells, but only of the first in a row. */
export async function tellOfAsked(
  checkpointer: Checkpointer | null,
  step: number,
  onEvent: (event: TrainEvent) => void,
): Promise<void> {
  if (checkpointer === null) {
    return onEvent({ type: 'info', message: 'No checkpoint is written: the run has no folder' });
  }
  await checkpointer.settled();
  // a later one has all of it
  const written = (checkpointer.newestStep ?? 0) >= step;
  const what = written ? 'is written' : step === 0 ? 'is not needed: nothing is trained' : 'could not be written';
  onEvent({ type: 'info', message: `The checkpoint that was asked for, of step ${step}, ${what}` });
}
