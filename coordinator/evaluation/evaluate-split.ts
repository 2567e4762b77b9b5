// A trained model on a split of its run's data, or of other data. The images that it looks at are read, or brought, to where it looks
// at them, and lie nowhere else.

import type { SplitName } from '../../src/engine.ts';
import type { TrainedModel } from '../run-folder/trained-model.ts';
import { type LoadingFor, loadFor, validationNumbers } from './evaluation-set.ts';
import { type Inference, layTrial, type Trying } from './inference.ts';

export interface SplitInference extends Inference {
  readonly labels: Uint8Array;
}

/** Images as they are, never augmented. `data`: another folder than the run's own, or null. */
export async function evaluateSplit(
  trained: TrainedModel,
  data: string | null,
  split: SplitName,
  loading: LoadingFor,
  trying: Trying,
): Promise<SplitInference> {
  const { place, run } = await (split === 'test' ? testTrial : validationTrial)(trained, data, loading, trying);
  return { ...(await run()), labels: place.labels };
}

type TrialOf = (
  ...given: [trained: TrainedModel, data: string | null, loading: LoadingFor, trying: Trying]
) => Promise<ReturnType<typeof layTrial>>;

const testTrial: TrialOf = async (trained, data, loading, trying) => {
  let trial: ReturnType<typeof layTrial> | null = null;
  await loadFor(trained, data, {
    ...loading,
    wholeIsTest: true,
    place: ({ train, test }) => {
      trial = layTrial(trained.model, test, trying);
      const images = new Uint8Array(train.count * train.rows * train.columns);
      return { train: { images, labels: new Uint8Array(train.count) }, test: trial.place };
    },
  });
  return trial!;
};

const validationTrial: TrialOf = async (trained, data, loading, trying) => {
  const dataset = await loadFor(trained, data, loading);
  const { train } = dataset;
  const numbers = validationNumbers(trained, dataset);
  const trial = layTrial(trained.model, { ...train, count: numbers.length }, trying);
  const size = train.rows * train.columns;
  numbers.forEach((number, i) => {
    trial.place.images.set(train.images.subarray(number * size, (number + 1) * size), i * size);
    trial.place.labels[i] = train.labels[number]!;
  });
  return trial;
};
