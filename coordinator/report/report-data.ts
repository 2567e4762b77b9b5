// Gathers what a report shows: a run's files, what its model makes of the test images, and the images to be shown.

import { augmentationOf, reportAugmentation } from '../../src/data/augmentation.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import { splitImages } from '../../src/data/sampler.ts';
import type { ClassSamples } from '../../src/figures/grids.ts';
import { Purpose } from '../../src/random.ts';
import type { EpochRecord, Summary } from '../../src/run/events.ts';
import { firstEpochSeen } from '../../src/run/run-record.ts';
import type { Wiring } from '../../src/wiring.ts';
import { type JustTrained, type LoadingFor, loadFor } from '../evaluation/evaluation-set.ts';
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

/** Than the run's own. */
export interface OtherData extends Pick<LoadingFor, 'reading' | 'tell'> {
  readonly folder: string;
}

const SAMPLES = 6;

/** `known`: what is in memory already, of a run that this process has just trained. */
export async function reportData(
  folder: string,
  other: OtherData | null,
  wiring: Wiring,
  known: JustTrained | null = null,
): Promise<ReportData> {
  const trained = await readTrainedModel(folder);
  const own = other === null && known?.digest === trained.dataDigest ? known : null;
  const data = await loadFor(trained, other?.folder ?? null, { ...other, known: own });
  const finished = await readFinished(trained);
  const tested = own?.tested ?? null;
  // the summary's digest was found to be that of the model
  const inference =
    tested !== null && tested.digest === trained.summary?.digest
      ? tested.inference
      : await infer(trained.model, data.test, null, wiring);
  if (finished !== null && other === null) {
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
    samples: classSamples(own?.training ?? trainingOf(trained, data), trained, data, samplesEpoch, wiring),
    samplesEpoch,
  };
}

/** Numbers of the training split. */
function trainingOf({ options }: TrainedModel, { train, validation }: Dataset): Uint32Array {
  const { seed, valSize, limitTrain } = options;
  return splitImages(seed, train.count, Math.min(valSize, train.count - 1), limitTrain, null, validation).training;
}

/** The first images of each class in the training split, and the same as `epoch` saw them. */
function classSamples(
  training: Uint32Array,
  { options: { seed, augment } }: TrainedModel,
  { train, classes }: Dataset,
  epoch: number | null,
  wiring: Wiring,
): ClassSamples[] {
  const { rows, columns } = train;
  const pixels = rows * columns;
  const workbench = wiring.workbench();
  const augmentation = augmentationOf(augment) ?? reportAugmentation;
  const augmented = (image: Uint8Array, number: number, epoch: number): Uint8Array =>
    workbench.augmentSample(image, {
      rows,
      columns,
      seed,
      purpose: Purpose.augmentTraining,
      epoch,
      number,
      augmentation,
    });
  return firstOfClasses(training, train.labels, classes).map((numbers, label) => {
    const plain = numbers.map((number) => train.images.slice(number * pixels, (number + 1) * pixels));
    return {
      label,
      plain,
      augmented: epoch === null ? [] : plain.map((image, i) => augmented(image, numbers[i]!, epoch)),
    };
  });
}

function firstOfClasses(numbers: Uint32Array, labels: Uint8Array, classes: number): number[][] {
  const first = Array.from({ length: classes }, (): number[] => []);
  let missing = SAMPLES * classes;
  for (let i = 0; i < numbers.length && missing > 0; i++) {
    const found = first[labels[numbers[i]!]!]!;
    if (found.length === SAMPLES) continue;
    found.push(numbers[i]!);
    missing--;
  }
  return first;
}
