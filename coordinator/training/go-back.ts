// Takes a run back to before a worker's first false answer: memory, checkpoints, history, receipts, best parameters and who
// watches, as they stood there. Before its first step, or the checkpoint that this process began with, no worker of this process had answered: it
// never has to go back further.

import type { Checkpoint } from '../../src/run/checkpoint.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import { type Position, startPosition } from '../../src/run/position.ts';
import type { AuditedRun, FalseAnswersError } from '../executors/false-answers.ts';
import type { BestParameters } from './best-parameters.ts';
import type { Checkpointer } from './checkpointer.ts';
import { bestAt } from './choice.ts';
import { checkpointOf, type OpenRun } from './open-run.ts';
import type { ReceiptBook } from './receipt-book.ts';
import { setState } from './set-state.ts';

export interface GoBackParts {
  readonly audited: AuditedRun | null;
  readonly checkpointer: Checkpointer | null;
  readonly best: BestParameters | null;
  readonly receipts: ReceiptBook | null;
  /** Whoever watches. */
  readonly watched: (position: Position) => void;
  readonly onEvent: (event: TrainEvent) => void;
}

/** Where the run goes on; the memory holds that state. Nothing may be computing. */
export async function goBack(opened: OpenRun, found: FalseAnswersError, parts: GoBackParts): Promise<Position> {
  const { folder, start, changes, memory, given } = opened;
  const { audited, checkpointer, best, receipts, watched, onEvent } = parts;
  await checkpointer?.settled();
  const written = await newestUpTo(opened, found.cleanStep, onEvent);
  const checkpoint = written ?? start;
  const position = checkpoint?.position ?? startPosition;
  setState(memory, checkpoint, given);
  best?.goBack(bestAt(checkpoint, changes));
  await receipts?.goBack(written);
  audited?.wentBack(position.step);
  checkpointer?.goBack(written);
  watched(position);
  onEvent({ type: 'wentBack', from: found.foundAt, to: position.step, reason: found.message });
  await folder?.writeJson('history.json', position.history);
  // the one that this process began with may have made room for others since
  if (start !== null && written === null) await checkpointer?.save(start.position, start.validation);
  return position;
}

/** The newest checkpoint that this process wrote up to a step; those after it are removed. */
async function newestUpTo(
  { store, start, shape }: OpenRun,
  step: number,
  onEvent: (event: TrainEvent) => void,
): Promise<Checkpoint | null> {
  if (store === null) return null;
  const first = start?.position.step ?? 0;
  const found = await store.backTo(Math.max(step, first), (path, why) =>
    onEvent({ type: 'warning', message: `The checkpoint ${path} is passed over: ${why}` }),
  );
  // an earlier one may be of other options: what was changed when this process began was changed at its start
  return found === null || found.body.step <= first ? null : checkpointOf(found, shape.layout);
}
