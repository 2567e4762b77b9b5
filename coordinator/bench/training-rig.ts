// A run without epochs, folder and evaluation: it trains for some milliseconds at a time, and tells how many steps it took. What
// computes is what trains elsewhere.

import { setTimeout as delay } from 'node:timers/promises';
import type { Dataset } from '../../src/data/dataset.ts';
import { epochOrder, splitImages, stepsPerEpoch } from '../../src/data/sampler.ts';
import type { EngineName, WideKernels } from '../../src/engine.ts';
import { ExitCode } from '../../src/errors.ts';
import { layRun } from '../../src/kernels/lay-memory.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { BiasPowers } from '../../src/model/adam.ts';
import { initialParameters } from '../../src/model/init.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import { shapeOf } from '../../src/run/run-shape.ts';
import type { Wiring } from '../../src/wiring.ts';
import type { Executor } from '../executors/executor.ts';
import type { ExecutorStatus, Observer } from '../executors/worker-status.ts';
import { nobody } from '../executors/worker-status.ts';
import { makeExecutor, placesFor } from '../training/make-executor.ts';
import { newRun } from '../training/resolve-with-run.ts';

/** Of a run: what it is trained with. */
export interface RigOptions {
  readonly hidden: readonly number[];
  readonly batchSize: number;
  readonly shards: number;
  readonly engine: EngineName;
  readonly wide: boolean;
  readonly threads: number;
  /** Nodes of one thread that it waits for; null: none may join. */
  readonly nodes: number | null;
}

export interface RigDeps {
  readonly wiring: Wiring;
  readonly data: Dataset;
  /** Where it begins; without it at parameters that were never trained. */
  readonly state?: State;
  readonly observer?: Observer;
  readonly onEvent?: (event: TrainEvent) => void;
  readonly signal: AbortSignal;
}

/** What training left: kernels are faster on a network whose units are often 0. */
export interface State {
  readonly steps: number;
  readonly parameters: Float32Array;
  readonly firstMoments: Float32Array;
  readonly secondMoments: Float32Array;
}

export interface Trained {
  readonly steps: number;
  readonly ms: number;
}

const LEARNING_RATE = 1e-3;

export class TrainingRig {
  readonly #memory: RunMemory;
  readonly #executor: Executor;
  readonly #signal: AbortSignal;
  readonly #powers: BiasPowers;
  readonly #stepsInEpoch: number;
  /** Steps of the state that it began with. */
  readonly #before: number;
  #step = 0;

  private constructor(memory: RunMemory, executor: Executor, before: number, signal: AbortSignal) {
    const { trainingCount, batchSize } = memory.plan.shape;
    this.#memory = memory;
    this.#executor = executor;
    this.#signal = signal;
    this.#before = before;
    this.#powers = BiasPowers.after(before);
    this.#stepsInEpoch = stepsPerEpoch(trainingCount, batchSize);
  }

  /** Resolves when its threads run, or its nodes are there. To be closed. @throws what a run throws */
  static async open(asked: RigOptions, deps: RigDeps): Promise<TrainingRig> {
    const { wiring, data, state, observer = nobody, signal, onEvent = () => undefined } = deps;
    const { hidden, batchSize, shards, engine, wide: isWide, threads, nodes } = asked;
    const listening = nodes === null ? {} : { listen: '127.0.0.1:0', minWorkers: nodes, joinTimeout: 60 };
    const { options } = newRun({ hidden, batchSize, shards, engine, wide: isWide, threads, ...listening, valSize: 0 });
    // before all other WebAssembly, which its flags would concern as well
    const wide: WideKernels | null = options.wide ? wiring.wideKernels() : null;
    const module = wide?.module ?? wiring.sharedKernels();
    const numbers = splitImages(options.seed, data.train.count, 0, null);
    const { workers, slots } = placesFor(options);
    const shape = shapeOf(options, data, numbers, workers, slots);
    const memory = layRun(shape, module, wiring.heapBase());
    memory.setData(data.train, data.test, numbers.validation);
    memory.setOrder(0, epochOrder(options.seed, 0, numbers.training));
    memory.useOrder(0);
    if (state === undefined) memory.setState(0, initialParameters(shape.layout, options.seed));
    else memory.setState(0, state.parameters, state.firstMoments, state.secondMoments);
    const parts = { shape, options, runName: 'bench', data, memory, module, wide, onEvent, signal, wiring, observer };
    return new TrainingRig(memory, await makeExecutor(parts), state?.steps ?? 0, signal);
  }

  get vectorBytes(): number {
    return this.#memory.plan.vectorBytes;
  }

  get batchSize(): number {
    return this.#memory.plan.shape.batchSize;
  }

  get state(): State {
    return { steps: this.#before + this.#step, ...this.#memory.state(this.#step) };
  }

  status(): ExecutorStatus {
    return this.#executor.status();
  }

  /** Trains for about so long, and for one step at least; `onStep` is told of each. @throws the signal's reason */
  async trainFor(forMs: number, onStep: () => void = () => undefined): Promise<Trained> {
    const [startedMs, from] = [performance.now(), this.#step];
    const untilMs = startedMs + forMs;
    const stopped = () => this.#signal.aborted || performance.now() >= untilMs;
    do {
      this.#signal.throwIfAborted();
      const epochStart = this.#step;
      this.#step = await this.#executor.train({
        epoch: 0,
        epochStart,
        from: epochStart,
        to: epochStart + this.#stepsInEpoch,
        scalars: () => this.#nextScalars(),
        committed: onStep,
        stopped,
      });
      // where everything was done on this thread, signals get their turn
      if (this.#step === epochStart) await delay(1);
    } while (!stopped() || this.#step === from);
    return { steps: this.#step - from, ms: performance.now() - startedMs };
  }

  #nextScalars() {
    this.#powers.advance();
    const { beta1Power, beta2Power } = this.#powers;
    return { learningRate: LEARNING_RATE, beta1Power, beta2Power, decay: 0 };
  }

  async close(): Promise<void> {
    await this.#executor.close(ExitCode.done);
  }
}
