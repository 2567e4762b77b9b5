// The steps of a run as they follow each other, whoever asks for them: training, or a replay of what was trained. It lays down
// each epoch's order and gives each step its scalars. Knows nothing of evaluation, checkpoints and figures.

import { epochOrder, stepsPerEpoch } from '../../src/data/sampler.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { BiasPowers } from '../../src/model/adam.ts';
import { learningRateAt, type Schedule } from '../../src/model/schedule.ts';
import type { Position } from '../../src/run/position.ts';
import type { Sums } from '../../src/sums.ts';
import type { Executor } from '../executors/executor.ts';

/** All that the bits of a step depend on, besides the data, the network and what stands in the run's memory. */
export interface StepRecipe extends Schedule {
  readonly epochs: number;
  readonly batchSize: number;
  readonly weightDecay: number;
  readonly seed: number;
}

/** Steps within one epoch, and where the powers of Adam's bias correction stand before them. */
export interface EpochPart extends Pick<Position, 'beta1Power' | 'beta2Power'> {
  /** 0-based. */
  readonly epoch: number;
  /** The first step of the epoch. */
  readonly epochStart: number;
  readonly from: number;
  readonly to: number;
}

/** Told of each step, and asked now and then whether to stop early. */
export interface StepHooks {
  readonly committed: (step: number, sums: Sums) => void;
  readonly stopped: () => boolean;
}

export class StepLoop {
  readonly stepsInEpoch: number;
  readonly #executor: Executor;
  readonly #memory: RunMemory;
  /** The training split as orders are made of it. */
  readonly #training: Uint32Array;
  readonly #recipe: StepRecipe;
  /** A plan for all epochs, wherever the run is cut short. */
  readonly #plannedSteps: number;
  /** The last epoch whose order stands in memory. */
  #ordered: number;

  /** `start`: the epoch that it begins in, and the first step of that; the memory holds the state of some step of it. */
  constructor(
    executor: Executor,
    memory: RunMemory,
    training: Uint32Array,
    recipe: StepRecipe,
    start: { readonly epoch: number; readonly epochStart: number },
  ) {
    this.#executor = executor;
    this.#memory = memory;
    this.#training = training;
    this.#recipe = recipe;
    this.stepsInEpoch = stepsPerEpoch(training.length, recipe.batchSize);
    this.#plannedSteps = start.epochStart + (recipe.epochs - start.epoch) * this.stepsInEpoch;
    this.#ordered = start.epoch - 1;
  }

  /** Lays down an epoch's order, unless it stands there; that of the next may be laid down while this one is trained. */
  makeOrder(epoch: number): void {
    if (epoch > this.#ordered) {
      this.#memory.setOrder(epoch, epochOrder(this.#recipe.seed, epoch, this.#training));
    }
    this.#ordered = Math.max(this.#ordered, epoch);
  }

  /** Readies the memory for the steps of an epoch. Nothing may be training. */
  enter(epoch: number): void {
    this.makeOrder(epoch);
    this.#memory.useOrder(epoch);
  }

  /** Trains to `to`, or to where it is stopped. The epoch was entered. Returns what changes of the position by steps alone. */
  async train(
    { epoch, epochStart, from, to, beta1Power, beta2Power }: EpochPart,
    { committed, stopped }: StepHooks,
  ): Promise<Pick<Position, 'step' | 'beta1Power' | 'beta2Power'>> {
    // each step that is trained asks for its scalars once, in order: in the end these are the powers of the last one
    const powers = BiasPowers.at({ beta1Power, beta2Power });
    const step = await this.#executor.train({
      epoch,
      epochStart,
      from,
      to,
      scalars: (step) => {
        powers.advance();
        const learningRate = learningRateAt(this.#recipe, step, this.#plannedSteps);
        const { beta1Power, beta2Power } = powers;
        return { learningRate, beta1Power, beta2Power, decay: learningRate * this.#recipe.weightDecay };
      },
      committed,
      stopped,
    });
    return { step, beta1Power: powers.beta1Power, beta2Power: powers.beta2Power };
  }
}
