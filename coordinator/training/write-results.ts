// The end of a run: its summary, and the files of its folder that only a finished run has.

import { formOf } from '../../src/data/picture-form.ts';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { namedTensors, widthsOf } from '../../src/model/layout.ts';
import { modelMetadata } from '../../src/model/model.ts';
import { normalizationOf } from '../../src/model/normalization.ts';
import { digestOf, stateDigestOf } from '../../src/run/digest.ts';
import type { Summary } from '../../src/run/events.ts';
import { bestEpochOf } from '../../src/run/position.ts';
import { firstSelectable } from '../../src/run/run-record.ts';
import type { OpenRun } from './open-run.ts';
import { summarize } from './summary.ts';
import type { Outcome } from './trainer.ts';

/** `chosen`: other parameters than the last, to be left. summary.json is the last file: it says that all is there. */
export async function writeResults(
  { data, shape, folder, facts, changes, options }: OpenRun,
  memory: RunMemory,
  outcome: Outcome,
  chosen: Float32Array | null,
  seconds: number,
): Promise<Summary> {
  const { layout, seed } = shape;
  const state = memory.state(outcome.steps);
  const parameters = chosen ?? state.parameters;
  const summary = summarize(outcome, {
    run: folder?.name ?? 'unsaved',
    engine: facts.engine,
    seed,
    parameters: layout.parameters,
    seconds,
    digest: digestOf(parameters),
    stateDigest: stateDigestOf(state, outcome.steps),
    ...(chosen === null
      ? {}
      : { bestEpoch: bestEpochOf(outcome.history, firstSelectable(changes, outcome.history)) + 1 }),
  });
  await folder?.writeJson('history.json', outcome.history);
  await folder?.writeFile(
    'model.safetensors',
    encodeSafetensors(
      namedTensors(layout, parameters),
      modelMetadata(
        {
          ...data.train,
          widths: widthsOf(layout),
          form: formOf(data.train),
          normalization: normalizationOf(options.normalize),
        },
        data.classNames,
      ),
    ),
  );
  await folder?.writeJson('summary.json', summary);
  return summary;
}
