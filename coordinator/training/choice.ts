// Which parameters a run leaves with --select best: between BestParameters, which keeps them, and the loop, which asks.

import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { bestEpochOf } from '../../src/run/position.ts';
import { firstSelectable } from '../../src/run/run-record.ts';
import { BestParameters } from './best-parameters.ts';
import type { OpenRun } from './open-run.ts';
import type { Choice } from './trainer.ts';

/** With --select best: the best parameters, from those of the epochs before if the run is resumed. */
export function bestOfRun(options: TrainOptions, { start, changes }: OpenRun): BestParameters | null {
  if (options.select !== 'best') return null;
  const history = start?.position.history ?? [];
  const before = history[bestEpochOf(history, firstSelectable(changes, history))]?.validation;
  const known = before !== undefined && before !== null && start?.bestParameters;
  return new BestParameters(known ? { loss: before.loss, parameters: known } : null);
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
