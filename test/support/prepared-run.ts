// Memory, data and kernels of a run, ready for an executor: what train-run.ts prepares, for tests of executors alone.

import type { Stretch } from '../../coordinator/executors/executor.ts';
import { type ExecutorParts, placesFor } from '../../coordinator/training/make-executor.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import { epochOrder, type Split, splitImages, stepsPerEpoch } from '../../src/data/sampler.ts';
import { instantiate } from '../../src/kernels/kernels.ts';
import { layMemory, planMemory } from '../../src/kernels/memory-plan.ts';
import { RunMemory } from '../../src/kernels/run-memory.ts';
import { wiring } from '../../src/library.ts';
import { BiasPowers } from '../../src/model/adam.ts';
import { initialParameters } from '../../src/model/init.ts';
import { resolveOptions } from '../../src/options/config.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { stateDigestOf } from '../../src/run/digest.ts';
import { shapeOf } from '../../src/run/run-shape.ts';
import type { Sums } from '../../src/sums.ts';
import { Lines } from './events.ts';

export interface PreparedRun {
  readonly parts: ExecutorParts;
  readonly split: Split;
  readonly stepsPerEpoch: number;
  /** "info: ..." and "warning: ...". */
  readonly log: Lines;
  readonly told: Told;
  /** A stretch of the first epoch that writes down what it is asked and told. */
  stretch(from: number, to: number, stopped?: () => boolean): Stretch;
  /** Of the state that step `step` reads. */
  digest(step: number): string;
}

export interface Told {
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
  const plan = planMemory(shape, wiring.heapBase());
  const run = new RunMemory(layMemory(plan, true), plan);
  run.setData(data.train, data.test, split.validation);
  run.setState(shape.layout, 0, initialParameters(shape.layout, options.seed));
  run.setOrder(0, epochOrder(options.seed, 0, split.training));
  run.useOrder(0);
  const module = wiring.sharedKernels();
  const kernels = instantiate(module, run.memory);
  run.preparePartials(kernels, 0);

  const log = new Lines();
  const told: Told = { scalars: [], committed: [], sums: [] };
  const powers = new BiasPowers();
  return {
    parts: {
      ...{ shape, options, runName: 'prepared', data, run, module, kernels, wiring },
      onEvent: (event) => {
        if (event.type === 'info' || event.type === 'warning') log.add(`${event.type}: ${event.message}`);
      },
      signal: new AbortController().signal,
    },
    split,
    stepsPerEpoch: stepsPerEpoch(split.training.length, options.batchSize),
    log,
    told,
    stretch: (from, to, stopped = () => false) => ({
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
    digest: (step) => stateDigestOf(run.state(shape.layout, step), step),
  };
}
