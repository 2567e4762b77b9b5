// Memory, data and kernels of a run, ready for an executor: what train-run.ts prepares, for tests of executors alone.

import type { StepRange } from '../../coordinator/executors/executor.ts';
import { type ExecutorDeps, placesFor } from '../../coordinator/training/make-executor.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import { epochOrder, type SplitNumbers, splitImages, stepsPerEpoch } from '../../src/data/sampler.ts';
import { layRun } from '../../src/kernels/lay-memory.ts';
import { wiring } from '../../src/library.ts';
import { BiasPowers } from '../../src/model/adam.ts';
import { initialParameters } from '../../src/model/init.ts';
import { resolveOptions } from '../../src/options/config.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { stateDigestOf } from '../../src/run/digest.ts';
import { shapeOf } from '../../src/run/run-shape.ts';
import type { Sums } from '../../src/sums.ts';
import { EventLines } from './events.ts';

export interface PreparedRun {
  readonly parts: ExecutorDeps;
  readonly split: SplitNumbers;
  readonly stepsPerEpoch: number;
  /** "info: ..." and "warning: ...". */
  readonly log: EventLines;
  readonly told: Told;
  /** Steps of the first epoch that writes down what it is asked and told. */
  range(from: number, to: number, stopped?: () => boolean): StepRange;
  /** Of the state that step `step` reads. */
  digest(step: number): string;
}

interface Told {
  readonly scalars: number[];
  readonly committed: number[];
  readonly sums: Sums[];
}

export function prepareRun(given: Partial<TrainOptions>, data: Dataset): PreparedRun {
  const resolved = resolveOptions(given, null);
  const options = { ...resolved, threads: resolved.threads ?? 0 };
  const split = splitImages(options.seed, data.train.count, options.valSize, options.limitTrain);
  const { workers, slots } = placesFor(options);
  const shape = shapeOf(options, data, split, workers, slots);
  const module = wiring.sharedKernels();
  const memory = layRun(shape, module, wiring.heapBase());
  memory.setData(data.train, data.test, split.validation);
  memory.setState(0, initialParameters(shape.layout, options.seed));
  memory.setOrder(0, epochOrder(options.seed, 0, split.training));
  memory.useOrder(0);

  const log = new EventLines();
  const told: Told = { scalars: [], committed: [], sums: [] };
  const powers = new BiasPowers();
  return {
    parts: {
      ...{ shape, options, runName: 'prepared', data, memory, module, wiring },
      onEvent: (event) => log.tell(event),
      signal: new AbortController().signal,
    },
    split,
    stepsPerEpoch: stepsPerEpoch(split.training.length, options.batchSize),
    log,
    told,
    range: (from, to, stopped = () => false) => ({
      ...{ epoch: 0, epochStart: 0, from, to, stopped },
      scalars(step) {
        told.scalars.push(step);
        powers.advance();
        return { learningRate: options.lr, beta1Power: powers.beta1Power, beta2Power: powers.beta2Power, decay: 0 };
      },
      committed(step, sums) {
        told.committed.push(step);
        told.sums.push(sums);
      },
    }),
    digest: (step) => stateDigestOf(memory.state(step), step),
  };
}
