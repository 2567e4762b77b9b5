// Gathers what a report shows: a run's files, what its model makes of the test images, and the images to be shown.

import type { Dataset } from '../../src/data/dataset.ts';
import { splitImages } from '../../src/data/sampler.ts';
import type { ClassSamples } from '../../src/figures/grids.ts';
import { Purpose } from '../../src/random.ts';
import type { EpochRecord, Summary } from '../../src/run/events.ts';
import { firstEpochSeen } from '../../src/run/run-record.ts';
import type { Wiring } from '../../src/wiring.ts';
import { type KnownData, loadFor } from '../evaluation/evaluation-set.ts';
import { hasTestFigures, readFinished } from '../evaluation/finished-run.ts';
import { type Inference, infer } from '../evaluation/inference.ts';
import { type RunLog, readLog } from '../run-folder/run-log-file.ts';
import { readHistory, readTrainedModel, refuse, type TrainedModel } from '../run-folder/trained-model.ts';

export interface ReportData {
  readonly trained: TrainedModel;
  readonly history: readonly EpochRecord[];
  readonly summary: Summary | null;
  readonly log: RunLog;
  readonly data: Dataset;
  readonly inference: Inference;
  readonly samples: readonly ClassSamples[];
  /** The epoch (0-based) that saw the augmented ones; null: none are shown. */
  readonly samplesEpoch: number | null;
}

const SAMPLES = 6;

/** `known`: data that are in memory already. */
export async function reportData(
  folder: string,
  dataFolder: string | null,
  wiring: Wiring,
  known: KnownData | null = null,
): Promise<ReportData> {
  const trained = await readTrainedModel(folder);
  const data = await loadFor(trained, dataFolder, { known });
  const finished = await readFinished(trained);
  const inference = await infer(trained.model, data.test, null, wiring);
  if (finished !== null && dataFolder === null) {
    const has = hasTestFigures(trained, finished.summary, inference.means, wiring.programVersion);
    if (has === false) throw refuse(folder, 'summary.json', 'its test figures are not those of model.safetensors');
  }
  const history = finished?.history ?? (await readHistory(folder)) ?? [];
  const samplesEpoch = trained.options.augment ? firstEpochSeen(trained.changes, history) : null;
  return {
    trained,
    history,
    summary: finished?.summary ?? null,
    log: await readLog(folder),
    data,
    inference,
    samples: classSamples(trained, data, samplesEpoch, wiring),
    samplesEpoch,
  };
}

/** The first images of each class in the training split, and the same as `epoch` saw them. */
function classSamples(
  { options }: TrainedModel,
  { train, classes }: Dataset,
  epoch: number | null,
  wiring: Wiring,
): ClassSamples[] {
  const { seed, valSize, limitTrain } = options;
  const { training } = splitImages(seed, train.count, Math.min(valSize, train.count - 1), limitTrain);
  const { rows, columns } = train;
  const pixels = rows * columns;
  const workbench = wiring.workbench();
  const augmented = (image: Uint8Array, number: number, epoch: number): Uint8Array =>
    workbench.augmentSample(image, { rows, columns, seed, purpose: Purpose.augmentTraining, epoch, number });
  return Array.from({ length: classes }, (_, label) => {
    const numbers = [...training.filter((number) => train.labels[number] === label).slice(0, SAMPLES)];
    const plain = numbers.map((number) => train.images.slice(number * pixels, (number + 1) * pixels));
    return {
      label,
      plain,
      augmented: epoch === null ? [] : plain.map((image, i) => augmented(image, numbers[i]!, epoch)),
    };
  });
}
