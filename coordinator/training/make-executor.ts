// From a run's options to the executor that trains it: the inline baseline, threads, or threads and nodes.

import type { Dataset } from '../../src/data/dataset.ts';
import type { EngineSpec, WideKernels } from '../../src/engine.ts';
import { ThreadPool } from '../../src/host/thread-pool.ts';
import { unlessAborted } from '../../src/host/unless-aborted.ts';
import { usableCores } from '../../src/host/usable-cores.ts';
import { skippedAt } from '../../src/kernels/batch-samples.ts';
import type { RunShape } from '../../src/kernels/memory-shape.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { configForFile } from '../../src/options/config.ts';
import type { RunOptions } from '../../src/options/train-options.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import { identityOf } from '../../src/wire/handshake.ts';
import type { Wiring } from '../../src/wiring.ts';
import type { LaunchOfRun } from '../cluster/launch-of-run.ts';
import type { ClusterLimits } from '../cluster/listen.ts';
import type { Executor } from '../executors/executor.ts';
import { InlineExecutor } from '../executors/inline-executor.ts';
import { ShardSizes } from '../executors/shard-sizes.ts';
import { ThreadExecutor } from '../executors/thread-executor.ts';
import { nobody, type Observer } from '../executors/worker-status.ts';

/** What a run that trains is wired with. */
export interface TrainWiring extends Wiring {
  /** Of its nodes; the entries leave them as they are, tests change them. */
  readonly limits?: Partial<ClusterLimits>;
}

export interface ExecutorDeps {
  readonly shape: RunShape;
  readonly options: RunOptions;
  readonly runName: string;
  readonly data: Dataset;
  readonly memory: RunMemory;
  readonly module: WebAssembly.Module;
  /** Threads that were started before, by startThreads. */
  readonly pool?: ThreadPool | null;
  /** Where the module's kernels are wide. */
  readonly wide?: WideKernels | null;
  readonly onEvent: (event: TrainEvent) => void;
  readonly signal: AbortSignal;
  readonly wiring: TrainWiring;
  readonly observer?: Observer;
  /** null: no launcher started this process. */
  readonly launch?: LaunchOfRun | null;
}

/** How many scratch areas and slots of tree nodes a run needs. */
export function placesFor({ threads, shards, listen }: RunOptions) {
  // With nodes: what is accepted, what this machine's threads are still at from the step before, and what just arrives;
  // and one more scratch, for commits on the coordinator's thread.
  if (listen !== null) return { workers: threads + 1, slots: 2 * shards + 1 };
  return { workers: Math.max(1, threads), slots: shards };
}

/** Whether the test leaves in memory what the report shows of it: nodes send figures only, and another engine leaves no more. */
export function keepsOutcomes({ report, listen, engine }: RunOptions): boolean {
  return report && listen === null && engine === 'wasm';
}

/** The run's threads, if it has any; they wait for work, and may start while the data are still being read. */
export function startThreads(
  { options, memory, module, wide, wiring }: Pick<ExecutorDeps, 'options' | 'memory' | 'module' | 'wide' | 'wiring'>,
  onEvent: (event: TrainEvent) => void,
): ThreadPool | null {
  const { threads } = options;
  if (threads === 0) return null;
  return new ThreadPool(memory, {
    threadFile: wiring.threadFile,
    module,
    engine: engineOf(options, wide),
    threads,
    cores: wiring.cores ?? usableCores(),
    onLoss: (thread, reason) => onEvent({ type: 'threadLost', thread, reason }),
    ...(wiring.faults ? { faults: wiring.faults } : {}),
  });
}

function engineOf({ engine, augmentValidation }: RunOptions, wide: WideKernels | null | undefined): EngineSpec {
  return { name: engine, augmentValidation, ...(wide ? { wide } : {}) };
}

/** Resolves when it may train: with --listen, when enough workers have joined. */
export async function makeExecutor(parts: ExecutorDeps): Promise<Executor> {
  const { options, memory, wide, onEvent, wiring, observer = nobody } = parts;
  const { threads } = options;
  const engine = engineOf(options, wide);
  if (threads === 0 && options.listen === null) {
    return seen(new InlineExecutor(await wiring.makeEngine(engine, memory, 0), memory), observer);
  }
  const pool = parts.pool ?? startThreads(parts, onEvent);
  const onRest = (thread: number) => onEvent({ type: 'threadRests', thread, threads });
  const local = pool && { pool, executor: new ThreadExecutor(memory, pool, onRest) };
  if (options.listen === null) {
    await unlessAborted(local!.pool.started(), parts.signal);
    return seen(local!.executor, observer);
  }
  try {
    // not at the top: a run without nodes need not wait for all of it to load
    const { clusterLimits, listen } = await import('../cluster/listen.ts');
    return await listen({
      ...parts,
      observer,
      configuration: configForFile(options),
      engine: await wiring.makeEngine(engine, memory, threads),
      local,
      sizes: new ShardSizes(memory.plan.shape, (first, end) => skippedAt(memory, first, end)),
      limits: { ...clusterLimits, ...wiring.limits },
      identity: identityOf(wiring.programVersion, engine.name, await wiring.selfTest(engine.name)),
    });
  } catch (error) {
    await pool?.close();
    throw error;
  }
}

function seen(executor: Executor, observer: Observer): Executor {
  observer.attach(() => executor.status());
  return executor;
}
