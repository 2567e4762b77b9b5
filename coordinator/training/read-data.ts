// From a run's options to its data in the memory that it trains on, and what follows from the two: the splits, the shape, and the
// digest by which other data are known.

import type { DatasetShape } from '../../src/data/assemble.ts';
import type { LoadedDataset } from '../../src/data/dataset.ts';
import { augmentationRemark, remarksOn } from '../../src/data/remarks.ts';
import { type SplitNumbers, splitImages } from '../../src/data/sampler.ts';
import { loadDataset } from '../../src/host/data/load-dataset.ts';
import { unlessAborted } from '../../src/host/unless-aborted.ts';
import type { RunShape } from '../../src/kernels/memory-shape.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { checkAgainstData } from '../../src/options/config.ts';
import { readingOf } from '../../src/options/reading.ts';
import type { RunOptions } from '../../src/options/train-options.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import { shapeOf } from '../../src/run/run-shape.ts';
import { checkSkipped } from '../../src/run/skipped-samples.ts';
import { DatasetHash } from '../../src/wire/dataset-bytes.ts';
import { keepsOutcomes, placesFor } from './make-executor.ts';

export interface RunData {
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
  options,
  layMemory,
  onEvent,
  signal,
}: ReadDataDeps): Promise<RunData & { readonly dataDigest: string }> {
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
  const ofSize = options.resume === null && options.augment ? augmentationRemark(data.train) : null;
  if (ofSize !== null) remarks.push(ofSize);
  for (const { level, message } of remarks) onEvent({ type: level, message });
  return { data, dataDigest: hash!.digest(), ...planned! };
}
