// All that a round measures, opened once and warmed up: kernels, clusters and other engines stay open, threads are started anew for
// each measurement, since many numbers of them at once would be too many.

import type { Dataset } from '../../src/data/dataset.ts';
import { type EngineName, engineNames } from '../../src/engine.ts';
import { LockstepError, messageOf } from '../../src/errors.ts';
import { unlessAborted } from '../../src/host/unless-aborted.ts';
import type { Wiring } from '../../src/wiring.ts';
import { ClusterRig, type ClusterTimes, type NodeProcess } from './cluster-rig.ts';
import { KernelRig, type KernelTimes } from './kernel-rig.ts';
import { type State, TrainingRig } from './training-rig.ts';

export interface RigsOptions {
  readonly hidden: readonly number[];
  readonly batchSize: number;
  /** By two sizes one tells what a step takes from what a sample takes. */
  readonly otherBatch: number;
  readonly shards: number;
  readonly engine: EngineName;
  readonly wide: boolean;
  /** The most that are measured. */
  readonly threads: number;
  /** Whether engines that were not asked for are measured as well. */
  readonly otherEngines: boolean;
  /** How long a measurement of threads takes; kernels take a third of it each. */
  readonly sliceMs: number;
}

export interface RigsDeps {
  readonly wiring: Wiring;
  readonly data: Dataset;
  readonly signal: AbortSignal;
  /** Starts `lockstep worker` with one thread. */
  readonly startNode: (url: string) => NodeProcess;
}

/** What was found in one round; rates in samples/s, in the order of the rigs. */
export interface Round {
  readonly kernels: KernelTimes;
  readonly threads: readonly ThreadsRate[];
  readonly clusters: readonly ClusterTimes[];
  readonly engines: readonly number[];
}

interface ThreadsRate {
  readonly threads: number;
  readonly batchSize: number;
  readonly rate: number;
}

interface Cluster {
  readonly nodes: number;
  readonly hidden: readonly number[];
  readonly rig: ClusterRig;
}

interface OtherEngine {
  readonly name: EngineName;
  readonly rig: TrainingRig;
}

/** Before threads are measured: they have just started. */
const SETTLE_MS = 40;
const WARM_UP_MS = 600;
/** A network whose vectors are far smaller than most, and one for those that are as small. */
const [narrow, usual] = [[4], [128, 64]] as const;

export class Rigs {
  readonly #options: RigsOptions;
  readonly #deps: RigsDeps;
  readonly #kept: Kept;

  private constructor(options: RigsOptions, deps: RigsDeps, kept: Kept) {
    this.#options = options;
    this.#deps = deps;
    this.#kept = kept;
  }

  /** To be closed. */
  static async open(options: RigsOptions, deps: RigsDeps): Promise<Rigs> {
    const kept = new Kept();
    try {
      await kept.open(options, deps);
      return new Rigs(options, deps, kept);
    } catch (error) {
      await kept.close();
      throw error;
    }
  }

  /** The last is of another network than was asked for. */
  get clusters(): readonly Cluster[] {
    return this.#kept.clusters;
  }

  get engines(): readonly OtherEngine[] {
    return this.#kept.engines;
  }

  /** Engines that are not to be had here, and why. */
  get missing(): ReadonlyMap<EngineName, string> {
    return this.#kept.missing;
  }

  async round(): Promise<Round> {
    const { batchSize, otherBatch, sliceMs } = this.#options;
    const kernels = await this.#kept.kernels!.measure(sliceMs / 3);
    const threads: ThreadsRate[] = [];
    for (const count of threadCounts(this.#options.threads)) {
      for (const size of [batchSize, otherBatch]) threads.push(await this.#rateOf(count, size));
    }
    const clusters: ClusterTimes[] = [];
    for (const { rig } of this.#kept.clusters) clusters.push(await rig.measure(sliceMs));
    const engines: number[] = [];
    for (const { rig } of this.#kept.engines) {
      const { steps, ms } = await rig.trainFor(sliceMs);
      engines.push((1000 * steps * rig.batchSize) / ms);
    }
    return { kernels, threads, clusters, engines };
  }

  async #rateOf(threads: number, batchSize: number): Promise<ThreadsRate> {
    const { sliceMs } = this.#options;
    const state = this.#kept.state!;
    const rig = await TrainingRig.open({ ...this.#options, batchSize, threads, nodes: null }, { ...this.#deps, state });
    try {
      await rig.trainFor(SETTLE_MS);
      const { steps, ms } = await rig.trainFor(sliceMs);
      return { threads, batchSize, rate: (1000 * steps * batchSize) / ms };
    } finally {
      await rig.close();
    }
  }

  async close(): Promise<void> {
    await this.#kept.close();
  }
}

/** What stays open from round to round. */
class Kept {
  state: State | null = null;
  kernels: KernelRig | null = null;
  readonly clusters: Cluster[] = [];
  readonly engines: OtherEngine[] = [];
  readonly missing = new Map<EngineName, string>();

  async open(options: RigsOptions, deps: RigsDeps): Promise<void> {
    const { batchSize, otherBatch, hidden, otherEngines } = options;
    const { wiring, data, signal, startNode } = deps;
    const state = await trainedState(options, deps);
    this.state = state;
    this.kernels = await KernelRig.open(options, [batchSize, otherBatch], { wiring, data, state }, signal);
    const asked = [1, 2].map((nodes) => ({ nodes, hidden, state }));
    const isNarrow = hidden[0]! < 4 * narrow[0];
    for (const one of [...asked, { nodes: 1, hidden: isNarrow ? usual : narrow }]) {
      const rigOptions = { ...options, hidden: one.hidden, threads: 0, nodes: one.nodes };
      const state = 'state' in one ? { state: one.state } : {};
      const rig = await ClusterRig.open(rigOptions, { ...deps, ...state }, startNode);
      this.clusters.push({ nodes: one.nodes, hidden: one.hidden, rig });
      await rig.measure(WARM_UP_MS / 3);
    }
    for (const name of otherEngines ? engineNames : [])
      if (name !== options.engine) await this.#openEngine(name, options, deps);
  }

  async #openEngine(name: EngineName, options: RigsOptions, deps: RigsDeps): Promise<void> {
    try {
      await unlessAborted(deps.wiring.selfTest(name), deps.signal);
    } catch (error) {
      deps.signal.throwIfAborted();
      this.missing.set(name, error instanceof LockstepError ? error.what : messageOf(error));
      return;
    }
    const rig = await TrainingRig.open({ ...options, wide: false, engine: name, threads: 1, nodes: null }, deps);
    this.engines.push({ name, rig });
    await rig.trainFor(WARM_UP_MS);
  }

  /** All of it, whatever fails. */
  async close(): Promise<void> {
    this.kernels?.close();
    const rigs = [...this.clusters, ...this.engines].map(({ rig }) => rig.close());
    await Promise.allSettled(rigs);
  }
}

/** Compiles the kernels as well, which all threads of the process share. */
async function trainedState(options: RigsOptions, deps: RigsDeps): Promise<State> {
  const rig = await TrainingRig.open({ ...options, threads: 1, nodes: null }, deps);
  try {
    await rig.trainFor(WARM_UP_MS);
    return rig.state;
  } finally {
    await rig.close();
  }
}

/** 1, 2, 4 and so on, and all. */
export function threadCounts(most: number): number[] {
  const powers = Array.from({ length: 7 }, (_, power) => 2 ** power);
  return [...powers.filter((count) => count < most), most];
}
