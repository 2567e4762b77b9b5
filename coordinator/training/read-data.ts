// From a run's options to its data in the memory that it trains on, and what follows from the two: the splits, the shape, and the
// digest by which other data are known.

import type { DatasetShape } from '../../src/data/assemble.ts';
import { augmentationOf } from '../../src/data/augmentation.ts';
import type { LoadedDataset } from '../../src/data/dataset.ts';
import { pixelMoments } from '../../src/data/pixel-moments.ts';
import { augmentationRemark, remarksOn } from '../../src/data/remarks.ts';
import { type SplitNumbers, splitImages } from '../../src/data/sampler.ts';
import { LockstepError } from '../../src/errors.ts';
import { loadDataset } from '../../src/host/data/load-dataset.ts';
import { unlessAborted } from '../../src/host/unless-aborted.ts';
import { setNormalization } from '../../src/kernels/measured-normalization.ts';
import type { RunShape } from '../../src/kernels/memory-shape.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import {
  isNormalization,
  isOfDataset,
  measuredChoice,
  normalizationOf,
  OF_DATASET,
} from '../../src/model/normalization.ts';
import { checkAgainstData } from '../../src/options/config.ts';
import { optionTable } from '../../src/options/option-table.ts';
import { readingOf } from '../../src/options/reading.ts';
import type { RunOptions } from '../../src/options/train-options.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import { shapeOf } from '../../src/run/run-shape.ts';
import { checkSkipped } from '../../src/run/skipped-samples.ts';
import { DatasetHash } from '../../src/wire/dataset-bytes.ts';
import { keepsOutcomes, placesFor } from './make-executor.ts';

export interface RunData {
  /** As asked for, with what was measured of the data. */
  readonly options: RunOptions;
  readonly data: LoadedDataset;
  readonly numbers: SplitNumbers;
  readonly shape: RunShape;
  /** Holds the data, of which `data` is a view, and the numbers of the validation split. */
  readonly memory: RunMemory;
}

export interface ReadDataDeps {
  readonly options: RunOptions;
  /** The run's memory; it throws where that cannot be had. Called before the images are read, which are read into it. */
  readonly layMemory: (shape: RunShape) => RunMemory;
  readonly onEvent: (event: TrainEvent) => void;
  /** Aborted when the run is asked to stop: what only reads, and may take long, is left then. */
  readonly signal: AbortSignal;
}

export async function readData({
  options: asked,
  layMemory,
  onEvent,
  signal,
}: ReadDataDeps): Promise<RunData & { readonly dataDigest: string }> {
  // what a run records is never measured again, and what a configuration file records is another run's
  const measures = asked.normalize === OF_DATASET || (asked.resume === null && isOfDataset(asked.normalize));
  // until the images are there the memory has the default
  const options = measures ? { ...asked, normalize: optionTable.normalize.default } : asked;
  const { workers, slots } = placesFor(options);
  let planned: Pick<RunData, 'numbers' | 'shape' | 'memory'> | null = null;
  let hash: DatasetHash | null = null;
  const tell = (message: string) => onEvent({ type: 'info', message });
  const place = (data: DatasetShape) => {
    const { train, validation } = data;
    checkAgainstData(options, train.count, validation);
    const { seed, valSize, limitTrain, without } = options;
    const numbers = splitImages(seed, train.count, valSize, limitTrain, without, validation);
    if (validation > 0)
      tell(`The data's own validation split, ${validation} images, stands in place of --val-size ${valSize}`);
    const inVain = checkSkipped(options.without, numbers, data.train.count);
    if (inVain !== null) tell(inVain);
    const shape = { ...shapeOf(options, data, numbers, workers, slots), outcomes: keepsOutcomes(options) };
    const memory = layMemory(shape);
    memory.setValidation(numbers.validation);
    planned = { numbers, shape, memory };
    hash = new DatasetHash(data);
    return memory.dataPlace;
  };
  const { data: folder, transpose } = options;
  const instead = options.resume === null ? {} : { instead: "put the run's data back there" };
  const seen = (piece: Uint8Array) => hash!.add(piece);
  const data = await unlessAborted(
    loadDataset(folder, { reading: readingOf(options), place, seen, tell, ...instead }),
    signal,
  );
  // the data of a run that goes on are what they were
  const remarks = options.resume === null ? remarksOn(data, folder, transpose) : [];
  const augmentation = augmentationOf(options.augment);
  const ofSize = options.resume === null && augmentation !== null ? augmentationRemark(data.train, augmentation) : null;
  if (ofSize !== null) remarks.push(ofSize);
  for (const { level, message } of remarks) onEvent({ type: level, message });
  const read = { data, dataDigest: hash!.digest() };
  if (!measures) return { ...read, options, ...planned! };
  const normalize = measured(data);
  const normalization = normalizationOf(normalize);
  const { numbers, shape, memory } = planned!;
  setNormalization(memory, normalization);
  tell(
    `Pixels are normalised with mean ${normalization.mean} and deviation ${normalization.std}, those of all training images`,
  );
  return { ...read, options: { ...options, normalize }, numbers, memory, shape: { ...shape, normalization } };
}

/** Of all training images, before any is set aside, as `normalize` is recorded; the data's own validation split is none of them. */
function measured({ train, validation }: LoadedDataset): string {
  const own = (train.count - validation) * train.rows * train.columns;
  const moments = pixelMoments(train.images.subarray(0, own));
  if (isNormalization(moments)) return measuredChoice(moments);
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISMATCH',
    what: '--normalize dataset cannot be used with these images',
    why: `their pixels have mean ${moments.mean} and deviation ${moments.std}, which is below 0.001`,
    mend: 'Give the numbers themselves, e.g. --normalize 0.5,0.5',
  });
}
