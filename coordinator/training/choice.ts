// Which parameters a run leaves with --select best: between BestParameters, which keeps them, and the loop, which asks.

import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import type { Checkpoint } from '../../src/run/checkpoint.ts';
import { bestEpochOf } from '../../src/run/position.ts';
import { type Change, firstSelectable } from '../../src/run/run-record.ts';
import { type Best, BestParameters } from './best-parameters.ts';
import type { OpenRun } from './open-run.ts';
import type { Choice } from './trainer.ts';

/** With --select best: the best parameters, from those of the epochs before if the run is resumed. */
export function bestOfRun(options: TrainOptions, { start, changes }: OpenRun): BestParameters | null {
  return options.select === 'best' ? new BestParameters(bestAt(start, changes)) : null;
}

/** As it stood at a checkpoint; null: none was validated. */
export function bestAt(start: Checkpoint | null, changes: readonly Change[]): Best | null {
  const history = start?.position.history ?? [];
  const before = history[bestEpochOf(history, firstSelectable(changes, history))]?.validation;
  const known = before !== undefined && before !== null && start?.bestParameters;
  return known ? { loss: before.loss, parameters: known } : null;
}

/** The loop's questions, answered by the best parameters. */
export function choiceOf(best: BestParameters, memory: RunMemory): Choice {
  return {
    consider: ({ loss }, step, whole) => best.consider(loss, whole, () => memory.parametersAt(step)),
    recall: (step) => {
      if (best.parameters === null) return step;
      // those of the step after the last stand where none of the last state does
      memory.setParameters(step + 1, best.parameters);
      return step + 1;
    },
  };
}
