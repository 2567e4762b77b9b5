// The loop: epoch -> steps -> validation, and a test at the end. It reads like the algorithm and knows only numbers: how the
// steps are computed is the executor's affair, and what becomes of the results is its caller's.

import { epochOrder, type Split, stepsPerEpoch } from '../src/data/sampler.ts';
import { type EpochRecord, type EpochTiming, type Figures, meansOf, type TrainEvent } from '../src/events.ts';
import type { RunMemory } from '../src/kernels/run-memory.ts';
import { BiasPowers } from '../src/model/adam.ts';
import { EpochProgress } from './epoch-progress.ts';
import type { Executor } from './executor.ts';

export interface Recipe {
  readonly epochs: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly seed: number;
  readonly maxSteps: number | null;
}

export interface TrainerHooks {
  readonly onEvent: (event: TrainEvent) => void;
  /** Awaited after each epoch, before the next begins. */
  readonly onEpoch: (history: readonly EpochRecord[]) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface Outcome {
  readonly history: readonly EpochRecord[];
  readonly timings: readonly EpochTiming[];
  readonly test: Figures;
  /** Steps committed. */
  readonly steps: number;
}

/** Trains from step 0. Throws the signal's reason when it is aborted. */
export async function trainLoop(
  executor: Executor,
  run: RunMemory,
  split: Split,
  recipe: Recipe,
  hooks: TrainerHooks,
): Promise<Outcome> {
  const { epochs, batchSize, lr, seed } = recipe;
  const stepsInEpoch = stepsPerEpoch(split.training.length, batchSize);
  const endStep = Math.min(epochs * stepsInEpoch, recipe.maxSteps ?? Number.POSITIVE_INFINITY);
  const history: EpochRecord[] = [];
  const timings: EpochTiming[] = [];
  const powers = new BiasPowers();
  let step = 0;
  run.setOrder(0, epochOrder(seed, 0, split.training));

  for (let epoch = 0; step < endStep; epoch++) {
    run.useOrder(epoch);
    const epochStart = step;
    const to = Math.min(epochStart + stepsInEpoch, endStep);
    const progress = new EpochProgress(hooks.onEvent, { epoch, epochStart, stepsInEpoch, endStep });
    const training = executor.train({
      epoch,
      epochStart,
      from: step,
      to,
      scalars: () => {
        powers.advance();
        return { learningRate: lr, beta1Power: powers.beta1Power, beta2Power: powers.beta2Power };
      },
      committed: (committed, sums) => progress.add(committed, sums),
      stopped: () => hooks.signal.aborted,
    });
    // the next order is made while the threads train
    if (to < endStep) run.setOrder(epoch + 1, epochOrder(seed, epoch + 1, split.training));
    step = await training;
    hooks.signal.throwIfAborted();

    const timing = progress.timing();
    const validation = split.validation.length > 0 ? meansOf(await executor.evaluate('validation', step, epoch)) : null;
    const record: EpochRecord = {
      epoch: epoch + 1,
      steps: step,
      train: meansOf(progress.sums),
      validation,
      samples: progress.sums.sampleCount,
    };
    history.push(record);
    timings.push(timing);
    hooks.onEvent({ type: 'epoch', epochs, ...record, ...timing });
    await hooks.onEpoch(history);
    hooks.signal.throwIfAborted();
  }

  const test = meansOf(await executor.evaluate('test', step, 0));
  hooks.onEvent({ type: 'test', figures: test });
  return { history, timings, test, steps: step };
}
