// From a run's options to the executor that trains it: the inline baseline, threads, or threads and nodes.

import { availableParallelism } from 'node:os';
import type { Dataset } from '../../src/data/dataset.ts';
import type { Engine, EngineSpec } from '../../src/engine.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import type { RunShape } from '../../src/kernels/memory-plan.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { configForFile, type TrainOptions } from '../../src/options/config.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import { PROTOCOL_VERSION } from '../../src/wire/limits.ts';
import { type ClusterLimits, clusterLimits } from '../cluster/cluster-limits.ts';
import { listen } from '../cluster/listen.ts';
import type { Executor } from '../executors/executor.ts';
import { InlineExecutor } from '../executors/inline-executor.ts';
import { RunSizes } from '../executors/shard-sizes.ts';
import { ThreadExecutor } from '../executors/thread-executor.ts';
import { nobody, type Observer } from '../executors/worker-status.ts';

/** What the entries wire in. */
export interface Wiring {
  readonly sharedKernels: () => WebAssembly.Module;
  /** Where the kernels' constants end. */
  readonly heapBase: () => number;
  readonly threadFile: string;
  /** Version of the program: nodes must have the same. */
  readonly programVersion: string;
  readonly makeEngine: (spec: EngineSpec, kernels: Kernels, run: RunMemory, worker: number) => Promise<Engine>;
  /**
   * Digest of what an engine makes of a fixed small network: the same wherever a run would be the same. It throws where the
   * engine cannot be had, and readies the process for its threads.
   */
  readonly selfTest: (engine: string) => Promise<string>;
  /** Faults to make happen in the threads; tests only. */
  readonly faults?: readonly unknown[];
  /** What tests change of the cluster's limits. */
  readonly limits?: Partial<ClusterLimits>;
}

export interface ExecutorParts {
  readonly shape: RunShape;
  readonly options: TrainOptions & { readonly threads: number };
  readonly runName: string;
  readonly data: Dataset;
  readonly run: RunMemory;
  readonly module: WebAssembly.Module;
  readonly kernels: Kernels;
  readonly onEvent: (event: TrainEvent) => void;
  readonly signal: AbortSignal;
  readonly wiring: Wiring;
  readonly observer?: Observer;
}

/** How many scratch areas and slots of tree nodes a run needs. */
export function placesFor({ threads, shards, listen }: TrainOptions & { readonly threads: number }) {
  // With nodes: what is accepted, what this machine's threads are still at from the step before, and what just arrives;
  // and one more scratch, for commits on the coordinator's thread.
  if (listen !== null) return { workers: threads + 1, slots: 2 * shards + 1 };
  return { workers: Math.max(1, threads), slots: shards };
}

/** Resolves when it may train: with --listen, when enough workers have joined. */
export async function makeExecutor(parts: ExecutorParts): Promise<Executor> {
  const { shape, options, run, module, kernels, onEvent, wiring, observer = nobody } = parts;
  const { threads } = options;
  const { shards, batchSize, trainingCount, validationCount, testImages } = shape;
  const counts = { shards, batchSize, trainingCount, validationCount, testCount: testImages };
  const engine: EngineSpec = { name: options.engine, augmentValidation: options.augmentValidation, ...counts };
  if (threads === 0 && options.listen === null) {
    return seen(new InlineExecutor(await wiring.makeEngine(engine, kernels, run, 0), run, counts), observer);
  }
  const pool =
    threads === 0
      ? null
      : new ThreadExecutor(run, {
          ...counts,
          threadFile: wiring.threadFile,
          module,
          engine,
          threads,
          cores: availableParallelism(),
          onLoss: (message) => onEvent({ type: 'warning', message }),
          ...(wiring.faults ? { faults: wiring.faults } : {}),
        });
  if (options.listen === null) return seen(pool!, observer);
  try {
    return await listen({
      ...parts,
      observer,
      configuration: configForFile(options),
      engine: await wiring.makeEngine(engine, kernels, run, threads),
      local: pool,
      sizes: new RunSizes(counts),
      limits: { ...clusterLimits, ...wiring.limits },
      identity: {
        protocolVersion: PROTOCOL_VERSION,
        programVersion: wiring.programVersion,
        engine: engine.name,
        selfTest: await wiring.selfTest(engine.name),
      },
      log: (level, message) => onEvent({ type: level, message }),
    });
  } catch (error) {
    await pool?.close();
    throw error;
  }
}

function seen(executor: Executor, observer: Observer): Executor {
  observer.attach(() => executor.vitals());
  return executor;
}
