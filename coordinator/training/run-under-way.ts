// A run that is opened: memory, executor, loop, checkpoints, results; and what it leaves when it fails or is stopped.

import { stepsPerEpoch, usedSamples } from '../../src/data/sampler.ts';
import type { WideKernels } from '../../src/engine.ts';
import { ExitCode, isWideFault, messageOf } from '../../src/errors.ts';
import { explained } from '../../src/host/machine-lack.ts';
import { machineLimits } from '../../src/host/machine-limits.ts';
import type { ThreadPool } from '../../src/host/thread-pool.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { RunOptions } from '../../src/options/train-options.ts';
import { withoutListening } from '../../src/options/without-effect.ts';
import type { Summary, TrainEvent } from '../../src/run/events.ts';
import { isExpected } from '../../src/run/expected-digest.ts';
import { endStepOf, type Position, startPosition } from '../../src/run/position.ts';
import { exitCodeOf } from '../../src/text/error-text.ts';
import type { LaunchOfRun } from '../cluster/launch-of-run.ts';
import type { Executor } from '../executors/executor.ts';
import { FalseAnswersError } from '../executors/false-answers.ts';
import { nobody } from '../executors/worker-status.ts';
import type { Watch } from '../watch/watch.ts';
import type { BestParameters } from './best-parameters.ts';
import type { CheckpointRequests } from './checkpoint-requests.ts';
import type { Checkpointer } from './checkpointer.ts';
import { bestOfRun, choiceOf } from './choice.ts';
import { type GoBackParts, goBack } from './go-back.ts';
import { stopped, withoutWide } from './interruption.ts';
import { makeExecutor, type TrainWiring } from './make-executor.ts';
import type { OpenRun } from './open-run.ts';
import { receiptBookOf } from './receipt-book.ts';
import { checkpointerOf, tellOfAsked } from './run-checkpoints.ts';
import type { Phase } from './run-phase.ts';
import { setState } from './set-state.ts';
import { watchedFrom, watchRun } from './start-watch.ts';
import { type Outcome, type TrainerDeps, Training } from './trainer.ts';
import { writeResults } from './write-results.ts';

/** What a run is told by, and tells. */
export interface RunHooks {
  /** By these a run writes a checkpoint out of turn, and goes on. */
  readonly checkpointRequests: CheckpointRequests | undefined;
  readonly onPhase: (phase: Phase) => void;
  readonly onEvent: (event: TrainEvent) => void;
  readonly toldToStop: AbortSignal;
  /** null: no launcher started this process. */
  readonly launch: LaunchOfRun | null;
  /** Wall time of the run up to now. */
  readonly seconds: () => number;
}

/** What was made when the run's memory was. */
export interface Computing {
  /** The kernels' shared build. */
  readonly module: WebAssembly.Module;
  /** Where the module's kernels are wide. */
  readonly wide: WideKernels | null;
  readonly pool: ThreadPool | null;
}

/** What is opened on the way is a field from then on, and is closed when the run ends, however it ends. */
export class RunUnderWay {
  readonly #opened: OpenRun;
  readonly #computing: Computing;
  readonly #options: RunOptions;
  readonly #hooks: RunHooks;
  readonly #wiring: TrainWiring;
  /** A checkpoint that fails may stop the run as a signal does. */
  readonly #failing = new AbortController();
  readonly #signal: AbortSignal;
  #watch: Watch | null = null;
  #executor: Executor | null = null;
  #checkpointer: Checkpointer | null = null;
  /** Nothing can be refused any more; before that, nothing of the run is to be seen in its folder. */
  #begun = false;
  /** How the process will end: nodes are told. */
  #exitCode: ExitCode = ExitCode.runFailed;

  constructor(opened: OpenRun, computing: Computing, hooks: RunHooks, wiring: TrainWiring) {
    this.#opened = opened;
    this.#computing = computing;
    this.#options = opened.options;
    this.#hooks = hooks;
    this.#wiring = wiring;
    this.#signal = AbortSignal.any([hooks.toldToStop, this.#failing.signal]);
  }

  async run(): Promise<Summary> {
    try {
      const { memory } = this.#opened;
      const executor = await this.#prepare();
      await this.#begin();
      const best = bestOfRun(this.#options, this.#opened);
      const outcome = await this.#train(executor, memory, best);
      return await this.#conclude(memory, outcome, best);
    } catch (error) {
      throw await this.#failed(error);
    } finally {
      await this.#close();
    }
  }

  /** All of it, one after the other, also where one of them fails: the folder is not to stay locked. */
  async #close(): Promise<void> {
    try {
      if (this.#executor === null) await this.#computing.pool?.close();
      else await this.#executor.close(this.#exitCode);
    } finally {
      try {
        await this.#opened.folder?.close();
      } finally {
        await this.#watch?.close(this.#signal);
      }
    }
  }

  /** Told of what happens to its threads as well, also before it runs. */
  readonly onEvent = (event: TrainEvent): void => (this.#watch?.onEvent ?? this.#hooks.onEvent)(event);

  /** Puts the state into memory. Returns who trains on it. */
  async #prepare(): Promise<Executor> {
    const { data, shape, memory, start, given, folder } = this.#opened;
    const options = this.#options;
    const wiring = this.#wiring;
    this.#watch = await watchRun(this.#opened, options, wiring.programVersion, this.#hooks.onEvent);
    setState(memory, start, given);
    const executor = await makeExecutor({
      shape,
      options,
      runName: folder?.name ?? 'unsaved',
      data,
      memory,
      ...this.#computing,
      onEvent: this.onEvent,
      signal: this.#signal,
      wiring,
      observer: this.#watch?.observer ?? nobody,
      launch: this.#hooks.launch,
    });
    this.#executor = executor;
    if (options.threads > options.shards) {
      this.onEvent({ type: 'threadsIdle', threads: options.threads, shards: options.shards });
    }
    const vain = withoutListening(options);
    if (vain.length > 0) {
      const message = `no other machine can join this run, so that ${vain.join(', ')} had no effect: --listen HOST:PORT lets them`;
      this.onEvent({ type: 'warning', message });
    }
    return executor;
  }

  async #begin(): Promise<void> {
    const { data, numbers, shape } = this.#opened;
    const { epochs, batchSize, engine, threads, wide } = this.#options;
    await this.#opened.begin();
    const stepsInEpoch = stepsPerEpoch(numbers.training.length, batchSize);
    this.onEvent({
      type: 'start',
      epochs,
      stepsPerEpoch: stepsInEpoch,
      endStep: endStepOf(this.#start, this.#options, stepsInEpoch),
      trainSamples: usedSamples(numbers),
      validationSamples: numbers.validation.length,
      testSamples: data.test.count,
      parameters: shape.layout.parameters,
      engine,
      threads,
      wide,
    });
    this.#begun = true;
  }

  get #start(): Position {
    return this.#opened.start?.position ?? startPosition;
  }

  async #train(executor: Executor, memory: RunMemory, best: BestParameters | null): Promise<Outcome> {
    const { checkpointRequests, seconds } = this.#hooks;
    const receipts = await receiptBookOf(this.#opened, this.onEvent);
    const checkpointer = await checkpointerOf(this.#opened, {
      memory,
      receipts,
      options: this.#options,
      best,
      program: this.#wiring.programVersion,
      seconds,
      cleanSteps: () => executor.audited?.cleanSteps ?? [],
      onEvent: this.onEvent,
      onFatal: (error) => this.#failing.abort(error),
    });
    this.#checkpointer = checkpointer;
    const watched = this.#watch?.observe(executor, memory) ?? executor;
    const deps: TrainerDeps = {
      onEvent: this.onEvent,
      signal: this.#signal,
      choice: best === null ? null : choiceOf(best, memory),
      receipts,
      checkpointDue: () => checkpointRequests?.pending ?? false,
      onPhase: this.#hooks.onPhase,
      onCheckpoint: async (position, validation) => {
        const asked = checkpointRequests?.take() ?? false;
        await checkpointer?.save(position, validation);
        if (asked) void tellOfAsked(checkpointer, position.step, this.onEvent);
      },
    };
    const outcome = await this.#trainFrom(this.#start, { best, receipts }, (position) =>
      new Training(watched, memory, this.#opened.numbers, this.#options, position, deps).run(),
    );
    this.#hooks.onPhase('results');
    await checkpointer?.settled();
    this.#failing.signal.throwIfAborted();
    await receipts?.finish();
    return outcome;
  }

  /** Trains; from an earlier state on as often as a worker is found whose answers were false. */
  async #trainFrom(
    start: Position,
    kept: Pick<GoBackParts, 'best' | 'receipts'>,
    train: (from: Position) => Promise<Outcome>,
  ): Promise<Outcome> {
    for (let from = start; ; ) {
      try {
        return await train(from);
      } catch (error) {
        if (!(error instanceof FalseAnswersError)) throw error;
        from = await goBack(this.#opened, error, {
          audited: this.#executor?.audited ?? null,
          checkpointer: this.#checkpointer,
          ...kept,
          watched: (position) => this.#watch?.goBack(watchedFrom(position)),
          onEvent: this.onEvent,
        });
      }
    }
  }

  async #conclude(memory: RunMemory, outcome: Outcome, best: BestParameters | null): Promise<Summary> {
    const chosen = best?.parameters ?? null;
    const summary = await writeResults(this.#opened, memory, outcome, chosen, this.#hooks.seconds());
    this.#exitCode = isExpected(this.#options.expectDigest, summary) ? ExitCode.done : ExitCode.verificationFailed;
    this.#hooks.onPhase('metrics');
    await this.#watch?.end('done', null);
    this.onEvent({ type: 'done', summary, folder: this.#opened.folder?.path ?? null });
    return summary;
  }

  /** Leaves folder and watchers as a run that failed or was stopped does. Returns the error to be thrown. */
  async #failed(error: unknown): Promise<unknown> {
    await this.#checkpointer?.settled();
    const told = this.#told(error);
    this.#exitCode = exitCodeOf(told);
    // what watchers read is what will be printed
    if (this.#begun) await this.#watch?.end(this.#hooks.toldToStop.aborted ? 'stopped' : 'failed', messageOf(told));
    else await this.#opened.folder?.discard();
    return told;
  }

  /** The error in words that say what is left of the run. */
  #told(error: unknown): unknown {
    const { folder, start } = this.#opened;
    const { toldToStop } = this.#hooks;
    if (toldToStop.aborted && error === toldToStop.reason) {
      const stays = folder !== null && (this.#begun || !folder.isNew);
      const newest = this.#checkpointer === null ? start?.position.step : this.#checkpointer.newestStep;
      return stopped(error, stays ? { folder: folder.path, newestStep: newest ?? null } : null);
    }
    if (folder !== null && this.#begun && isWideFault(error)) return withoutWide(error, folder.path);
    return explained(error, machineLimits, this.#begun ? ExitCode.runFailed : ExitCode.usage);
  }
}
