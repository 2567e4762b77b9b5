// The model that one of a run's checkpoints holds, with the options that it was trained with up to there. Reads only; the run
// need not be finished, and may be training.

import { join } from 'node:path';
import { formOf } from '../../src/data/picture-form.ts';
import { LockstepError } from '../../src/errors.ts';
import { decodeSafetensors } from '../../src/formats/safetensors.ts';
import { loadDataset } from '../../src/host/data/load-dataset.ts';
import { codeOf } from '../../src/host/files/io-reason.ts';
import { readRegularFile } from '../../src/host/files/read-file.ts';
import { layoutOf } from '../../src/model/layout.ts';
import { type Model, modelFromTensors } from '../../src/model/model.ts';
import { normalizationOf } from '../../src/model/normalization.ts';
import { readingOf } from '../../src/options/reading.ts';
import type { CheckpointChoice } from '../../src/options/value-kinds.ts';
import { decodeCheckpoint, type StateBody } from '../../src/run/checkpoint.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import { type Run, readRun, refuseEdited, runAt } from './read-run.ts';

export interface CheckpointModel extends Run {
  readonly model: Model;
  readonly step: number;
}

/** `tell` hears of damaged ones, of which one may have been the newest or the best. */
export async function readCheckpointModel(
  folder: string,
  which: CheckpointChoice,
  tell: (message: string) => void,
): Promise<CheckpointModel> {
  const written = await readRun(folder);
  const found = await new CheckpointStore(folder).chosen(which, (at, why) =>
    tell(`Warning: The checkpoint ${at} is passed over: ${why}`),
  );
  const { body, tensors, path } = found;
  refuseEdited(folder, written, found);
  const run = runAt(written, found);
  const { options } = run;
  const images = await imagesOf(folder, options);
  const widths = [images.rows * images.columns, ...options.hidden, lastWidth(tensors, options.hidden.length, path)];
  const model = parametersOf(body, tensors, widths, path);
  const normalization = normalizationOf(options.normalize);
  return { model: { ...model, ...images, normalization }, step: body.step, ...run };
}

function parametersOf(body: StateBody, tensors: Uint8Array, widths: number[], path: string) {
  const layout = layoutOf(widths);
  const checkpoint = decodeCheckpoint(layout, body, tensors);
  if (checkpoint !== null) return { widths, layout, parameters: checkpoint.state.parameters };
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_CHECKPOINT_UNUSABLE',
    what: `${path} cannot be used`,
    why: `its parameters are not those of the layers ${widths.join('-')}`,
    mend: "Put the run's config.json and data back as they were",
  });
}

/** The number of classes. */
function lastWidth(bytes: Uint8Array, hidden: number, path: string): number {
  const { tensors } = decodeSafetensors(bytes, path);
  return tensors.find(({ name }) => name === `fc${hidden + 1}.bias`)?.shape[0] ?? 0;
}

/** Size and form: checkpoints do not say them, but the model of a finished run does, and the data of any. */
async function imagesOf(
  folder: string,
  options: CheckpointModel['options'],
): Promise<Pick<Model, 'rows' | 'columns' | 'form'>> {
  const path = join(folder, 'model.safetensors');
  try {
    const { tensors, metadata } = decodeSafetensors(await readRegularFile(path), path);
    const { rows, columns, form } = modelFromTensors(tensors, metadata, path);
    return { rows, columns, form };
  } catch (error) {
    // it may be missing or damaged: the checkpoint does not need it
    if (!(error instanceof LockstepError) && codeOf(error) === null) throw error;
  }
  const { train } = await loadDataset(options.data, {
    instead: "put the run's data back there",
    reading: readingOf(options),
  });
  return { rows: train.rows, columns: train.columns, form: formOf(train) };
}
