// The loop: epoch -> steps -> validation, checkpoints on the way, and a test at the end. It reads like the algorithm and
// knows only numbers: how the steps are computed is the executor's affair, and what becomes of the results is its caller's.

import type { SplitNumbers } from '../../src/data/sampler.ts';
import { unlessAborted } from '../../src/host/unless-aborted.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { stateDigestOf } from '../../src/run/digest.ts';
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
import type { StepReceipts } from './receipt-book.ts';
import type { Phase } from './run-phase.ts';
import { StepLoop, type StepRecipe } from './step-loop.ts';

export interface Recipe extends StepRecipe {
  readonly patience: number | null;
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
  /** null where nothing is written. */
  readonly receipts: StepReceipts | null;
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

export class Training {
  readonly #executor: Executor;
  readonly #memory: RunMemory;
  readonly #numbers: SplitNumbers;
  readonly #recipe: Recipe;
  readonly #deps: TrainerDeps;
  readonly #steps: StepLoop;
  readonly #endStep: number;
  /** With an epoch that is cut short, unlike the position's. */
  readonly #history: EpochRecord[];
  readonly #timings: EpochTiming[];
  /** The memory holds its state, while nothing trains. */
  #position: Position;

  /** `start`: where it trains from; the memory holds that state. */
  constructor(
    executor: Executor,
    memory: RunMemory,
    numbers: SplitNumbers,
    recipe: Recipe,
    start: Position,
    deps: TrainerDeps,
  ) {
    this.#executor = executor;
    this.#memory = memory;
    this.#numbers = numbers;
    this.#recipe = recipe;
    this.#deps = deps;
    const began = { epoch: start.history.length, epochStart: epochStartOf(start) };
    this.#steps = new StepLoop(executor, memory, numbers.marked, recipe, began);
    this.#endStep = endStepOf(start, recipe, this.#steps.stepsInEpoch);
    this.#history = [...start.history];
    this.#timings = [...start.timings];
    this.#position = start;
  }

  /** Once. Throws the signal's reason when it is aborted. */
  async run(): Promise<Outcome> {
    const { signal, onCheckpoint } = this.#deps;
    try {
      const { stepsInEpoch } = this.#steps;
      let epochStart = epochStartOf(this.#position);
      while (epochStart < this.#endStep && !isOutOfPatience(this.#history, this.#recipe.patience)) {
        const epoch = this.#history.length;
        const epochEnd = Math.min(epochStart + stepsInEpoch, this.#endStep);
        await this.#trainEpoch(epoch, epochStart, epochEnd);
        const validation = await this.#validate(epoch, epochEnd);
        this.#closeEpoch(epoch, epochEnd, epochEnd === epochStart + stepsInEpoch, validation);
        await onCheckpoint(this.#position, validation);
        epochStart = epochEnd;
      }
      const test = await this.#test();
      return { history: this.#history, timings: this.#timings, test, steps: this.#position.step };
    } catch (error) {
      // only then does the memory hold the state of the position
      if (signal.aborted && error === signal.reason) await onCheckpoint(this.#position, null);
      throw error;
    }
  }

  /** The steps of an epoch that are not done yet, in ranges from checkpoint to checkpoint. */
  async #trainEpoch(epoch: number, epochStart: number, epochEnd: number): Promise<void> {
    const { onEvent, onCheckpoint, receipts, signal, onPhase } = this.#deps;
    this.#steps.enter(epoch);
    onPhase('training');
    const place = { epoch, epochStart, stepsInEpoch: this.#steps.stepsInEpoch, endStep: this.#endStep };
    const progress = new EpochProgress(onEvent, place, this.#position);
    while (this.#position.step < epochEnd) {
      signal.throwIfAborted();
      const to = Math.min(nextCheckpoint(this.#position.step, this.#recipe.checkpointEvery), epochEnd);
      const training = this.#trainRange(epoch, epochStart, to, progress);
      // the next order is made while the threads train
      if (epochEnd < this.#endStep) this.#steps.makeOrder(epoch + 1);
      this.#position = { ...this.#position, ...(await training), ...progress.soFar() };
      const { step } = this.#position;
      if (step === to && step < epochEnd) receipts?.state(step, this.#stateDigest(step), false);
      if (step < epochEnd) await onCheckpoint(this.#position, null);
    }
  }

  /** Trains from the position's step to `to`, or to where it is stopped. Returns what changes of the position by steps alone. */
  async #trainRange(
    epoch: number,
    epochStart: number,
    to: number,
    progress: EpochProgress,
  ): Promise<Pick<Position, 'step' | 'beta1Power' | 'beta2Power'>> {
    const { signal, checkpointDue, receipts } = this.#deps;
    const { step: from, beta1Power, beta2Power } = this.#position;
    return await this.#steps.train(
      { epoch, epochStart, from, to, beta1Power, beta2Power },
      {
        committed: (step, sums) => {
          progress.add(step, sums);
          receipts?.committed(step);
        },
        stopped: () => signal.aborted || checkpointDue(),
      },
    );
  }

  async #validate(epoch: number, epochEnd: number): Promise<Means | null> {
    const { signal, onPhase } = this.#deps;
    signal.throwIfAborted();
    onPhase('validation');
    if (this.#numbers.validation.length === 0) return null;
    return meansOf(await unlessAborted(this.#executor.evaluate('validation', epochEnd, epoch), signal));
  }

  /** Writes down an epoch, whole or cut short. */
  #closeEpoch(epoch: number, epochEnd: number, whole: boolean, validation: Means | null): void {
    const { onEvent, choice, receipts } = this.#deps;
    const { sums, trainingSeconds: seconds } = this.#position;
    const stateDigest = this.#stateDigest(epochEnd);
    receipts?.state(epochEnd, stateDigest, !whole);
    const figures = { train: meansOf(sums), validation, samples: sums.sampleCount };
    const record = { epoch: epoch + 1, steps: epochEnd, ...figures, stateDigest };
    const timing = { seconds, samplesPerSecond: sums.sampleCount / seconds };
    this.#history.push(record);
    this.#timings.push(timing);
    if (validation !== null) choice?.consider(validation, epochEnd, whole);
    if (whole) {
      this.#position = {
        ...this.#position,
        history: [...this.#history],
        timings: [...this.#timings],
        sums: startPosition.sums,
        trainingSeconds: startPosition.trainingSeconds,
      };
    }
    onEvent({ type: 'epoch', epochs: this.#recipe.epochs, ...record, ...timing });
  }

  /** Of the state that stands in memory. */
  #stateDigest(step: number): string {
    return stateDigestOf(this.#memory.state(step), step);
  }

  async #test(): Promise<Means> {
    const { signal, onPhase, choice, onEvent } = this.#deps;
    signal.throwIfAborted();
    onPhase('test');
    const { step } = this.#position;
    const tested = choice?.recall(step) ?? step;
    const test = meansOf(await unlessAborted(this.#executor.evaluate('test', tested, 0), signal));
    onEvent({ type: 'test', figures: test });
    return test;
  }
}
