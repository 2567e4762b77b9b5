// The loop: epoch -> steps -> validation, checkpoints on the way, and a test at the end. It reads like the algorithm and
// knows only numbers: how the steps are computed is the executor's affair, and what becomes of the results is its caller's.

import { epochOrder, type SplitNumbers, stepsPerEpoch } from '../../src/data/sampler.ts';
import { unlessAborted } from '../../src/host/unless-aborted.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { BiasPowers } from '../../src/model/adam.ts';
import { learningRateAt, type ScheduleName } from '../../src/model/schedule.ts';
import type { EpochRecord, EpochTiming, TrainEvent } from '../../src/run/events.ts';
import {
  endStepOf,
  epochStartOf,
  isOutOfPatience,
  nextCheckpoint,
  type Position,
  startPosition,
} from '../../src/run/position.ts';
import { type Means, meansOf } from '../../src/sums.ts';
import type { Executor } from '../executors/executor.ts';
import { EpochProgress } from './epoch-progress.ts';
import type { Phase } from './run-phase.ts';

export interface Recipe {
  readonly epochs: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly schedule: ScheduleName;
  readonly warmup: number | null;
  readonly weightDecay: number;
  readonly patience: number | null;
  readonly seed: number;
  readonly maxSteps: number | null;
  /** Besides the ends of epochs: every so many steps. */
  readonly checkpointEvery: 'epoch' | number;
}

export interface TrainerDeps {
  readonly onEvent: (event: TrainEvent) => void;
  /**
   * Awaited wherever a checkpoint is due, and before an abort is thrown. Nothing trains meanwhile: the memory holds the
   * state that step `position.step` reads. `validation` is that of this very state, where it was made.
   */
  readonly onCheckpoint: (position: Position, validation: Means | null) => Promise<void>;
  /**
   * Told of each validated epoch, with the state in memory that `step` reads, before its checkpoint.
   * @see Choice
   */
  readonly choice: Choice | null;
  readonly signal: AbortSignal;
  /** A checkpoint out of turn is wanted: the current stretch ends early for it. */
  readonly checkpointDue: () => boolean;
  readonly onPhase: (phase: Phase) => void;
}

/** Chooses the parameters that a run leaves, where it is not simply the last ones. */
export interface Choice {
  consider(validation: Means, step: number, wholeEpoch: boolean): void;
  /** Makes the chosen parameters, if there are any, those that step `step + 1` reads; which step reads what is to be tested. */
  recall(step: number): number;
}

export interface Outcome {
  readonly history: readonly EpochRecord[];
  readonly timings: readonly EpochTiming[];
  readonly test: Means;
  /** Steps committed. */
  readonly steps: number;
}

/** Trains from `start`, whose state the memory holds. Throws the signal's reason when it is aborted. */
export async function trainLoop(
  executor: Executor,
  memory: RunMemory,
  split: SplitNumbers,
  recipe: Recipe,
  start: Position,
  { onEvent, onCheckpoint, choice, signal, checkpointDue, onPhase }: TrainerDeps,
): Promise<Outcome> {
  const { epochs, batchSize, seed } = recipe;
  const stepsInEpoch = stepsPerEpoch(split.training.length, batchSize);
  const endStep = endStepOf(start, recipe, stepsInEpoch);
  const history = [...start.history];
  const timings = [...start.timings];
  // a plan for all epochs, wherever the run is cut short
  const plannedSteps = endStepOf(start, { epochs, maxSteps: null }, stepsInEpoch);
  let position = start;
  let ordered = history.length - 1;
  const makeOrder = (epoch: number): void => {
    if (epoch > ordered) memory.setOrder(epoch, epochOrder(seed, epoch, split.training));
    ordered = Math.max(ordered, epoch);
  };

  try {
    for (let epoch = history.length, epochStart = epochStartOf(start); epochStart < endStep; epoch++) {
      if (isOutOfPatience(history, recipe.patience)) break;
      makeOrder(epoch);
      memory.useOrder(epoch);
      const epochEnd = Math.min(epochStart + stepsInEpoch, endStep);
      onPhase('training');
      const progress = new EpochProgress(onEvent, { epoch, epochStart, stepsInEpoch, endStep }, position);

      while (position.step < epochEnd) {
        signal.throwIfAborted();
        const powers = BiasPowers.at(position);
        const training = executor.train({
          epoch,
          epochStart,
          from: position.step,
          to: Math.min(nextCheckpoint(position.step, recipe.checkpointEvery), epochEnd),
          scalars: (step) => {
            powers.advance();
            const learningRate = learningRateAt(recipe, step, plannedSteps);
            const { beta1Power, beta2Power } = powers;
            return { learningRate, beta1Power, beta2Power, decay: learningRate * recipe.weightDecay };
          },
          committed: (step, sums) => progress.add(step, sums),
          stopped: () => signal.aborted || checkpointDue(),
        });
        // the next order is made while the threads train
        if (epochEnd < endStep) makeOrder(epoch + 1);
        position = { ...position, ...stepped(position, await training), ...progress.soFar() };
        if (position.step < epochEnd) await onCheckpoint(position, null);
      }

      const { sums, trainingSeconds: seconds } = position;
      signal.throwIfAborted();
      onPhase('validation');
      const validation =
        split.validation.length > 0
          ? meansOf(await unlessAborted(executor.evaluate('validation', position.step, epoch), signal))
          : null;
      const record = { epoch: epoch + 1, steps: epochEnd, train: meansOf(sums), validation, samples: sums.sampleCount };
      const timing = { seconds, samplesPerSecond: sums.sampleCount / seconds };
      history.push(record);
      timings.push(timing);
      const whole = epochEnd === epochStart + stepsInEpoch;
      if (validation !== null) choice?.consider(validation, epochEnd, whole);
      if (whole) position = { ...position, history: [...history], timings: [...timings], ...nothingYet };
      epochStart = epochEnd;
      onEvent({ type: 'epoch', epochs, ...record, ...timing });
      await onCheckpoint(position, validation);
    }

    signal.throwIfAborted();
    onPhase('test');
    const steps = position.step;
    const tested = choice?.recall(steps) ?? steps;
    const test = meansOf(await unlessAborted(executor.evaluate('test', tested, 0), signal));
    onEvent({ type: 'test', figures: test });
    return { history, timings, test, steps };
  } catch (error) {
    // only then does the memory hold the state of `position`
    if (signal.aborted && error === signal.reason) await onCheckpoint(position, null);
    throw error;
  }
}

const nothingYet = { sums: startPosition.sums, trainingSeconds: startPosition.trainingSeconds };

/** What changes of a position by the steps up to `step` alone. */
function stepped(position: Position, step: number): Pick<Position, 'step' | 'beta1Power' | 'beta2Power'> {
  const { beta1Power, beta2Power } = BiasPowers.at(position).advancedBy(step - position.step);
  return { step, beta1Power, beta2Power };
}
