// Measures this machine: everything once a round, round after round until the time is used up, so that a slow minute falls on all
// alike. What is warmed up before is told apart. Figures are medians of the rounds with the lowest and the highest.

import { cpus, loadavg } from 'node:os';
import type { Dataset } from '../../src/data/dataset.ts';
import { generatedDigits } from '../../src/data/generated-digits.ts';
import type { Reading } from '../../src/data/source.ts';
import type { EngineName } from '../../src/engine.ts';
import { LockstepError } from '../../src/errors.ts';
import { loadDataset } from '../../src/host/data/load-dataset.ts';
import { unlessAborted } from '../../src/host/unless-aborted.ts';
import { layoutOf } from '../../src/model/layout.ts';
import { grouped } from '../../src/text/grouped.ts';
import type { Wiring } from '../../src/wiring.ts';
import { type BenchResult, format, type Spread, spreadOf } from '../speed/bench-result.ts';
import type { ClusterTimes, NodeProcess } from './cluster-rig.ts';
import { Rigs, type Round } from './rigs.ts';

export interface BenchOptions {
  readonly hidden: readonly number[];
  readonly batchSize: number;
  readonly shards: number;
  readonly engine: EngineName;
  readonly wide: boolean;
  /** The most that are measured. */
  readonly threads: number;
  /** Folder of images; null: generated ones. */
  readonly data: string | null;
  /** How they are read. */
  readonly reading: Reading;
  /** About how long it may take: rounds are measured while another fits, and three in any case, unless they take twice that. */
  readonly seconds: number;
  /** Whether engines that were not asked for are measured as well. */
  readonly otherEngines: boolean;
}

export interface BenchDeps {
  readonly wiring: Wiring;
  readonly cores: number;
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
  /** Starts `lockstep worker` with one thread. */
  readonly startNode: (url: string) => NodeProcess;
}

/** Images that it works on; more where a batch has more. */
const IMAGES = 8_192;
const TEST_IMAGES = 256;
const LEAST_ROUNDS = 3;
const MOST_ROUNDS = 25;
const MOST_BATCH = 65_536;
/** Seconds from which on measurements are as long as they get. */
const AMPLE_SECONDS = 25;
const [SHORT_MS, LONG_MS] = [80, 250] as const;

/** @throws what a run throws, and the signal's reason */
export async function runBench(options: BenchOptions, deps: BenchDeps): Promise<BenchResult> {
  const { wiring, note, signal, startNode, cores } = deps;
  const startedMs = performance.now();
  const before = loadOf();
  // before all other WebAssembly, which its flags would concern as well
  if (options.wide) wiring.wideKernels();
  if (options.engine !== 'wasm') await unlessAborted(wiring.selfTest(options.engine), signal);
  const otherBatch = otherBatchOf(options);
  const data = await dataFor(options, Math.max(IMAGES, options.batchSize, otherBatch), deps);
  const sliceMs = options.seconds < AMPLE_SECONDS ? SHORT_MS : LONG_MS;
  const rigs = await Rigs.open({ ...options, otherBatch, sliceMs }, { wiring, data, signal, startNode });
  try {
    const elapsed = () => (performance.now() - startedMs) / 1000;
    const warmUpSeconds = elapsed();
    note(`Warmed up in ${warmUpSeconds.toFixed(1)} s`);
    const rounds = await measured(rigs, options.seconds, elapsed);
    const { train, classes } = data;
    const widths = [train.rows * train.columns, ...options.hidden, classes];
    const { vectorBytes } = rigs.clusters[0]!.rig;
    const { hidden, batchSize, shards, engine, wide, threads, data: folder } = options;
    return {
      format,
      program: wiring.programVersion,
      date: new Date().toISOString(),
      machine: machineOf(cores),
      options: { hidden: [...hidden], batchSize, shards, engine, wide, threads, data: folder },
      network: { widths, parameters: layoutOf(widths).parameters, vectorBytes },
      rounds: rounds.length,
      seconds: elapsed(),
      warmUpSeconds,
      load: { before, after: loadOf() },
      ...figuresOf(rigs, rounds, options),
    };
  } finally {
    await rigs.close();
  }
}

async function measured(rigs: Rigs, seconds: number, elapsed: () => number): Promise<Round[]> {
  const rounds: Round[] = [];
  let longest = 0;
  while (rounds.length < MOST_ROUNDS) {
    const began = elapsed();
    rounds.push(await rigs.round());
    longest = Math.max(longest, elapsed() - began);
    const enough = rounds.length >= LEAST_ROUNDS ? seconds : 2 * seconds;
    if (elapsed() + longest > enough) break;
  }
  return rounds;
}

/** A larger one, or where there is none a smaller one, that has a sample for each shard. */
function otherBatchOf({ batchSize, shards }: BenchOptions): number {
  return 4 * batchSize <= MOST_BATCH ? 4 * batchSize : Math.max(shards, Math.floor(batchSize / 4));
}

async function dataFor(
  { data: folder, reading }: BenchOptions,
  count: number,
  { note, signal }: BenchDeps,
): Promise<Dataset> {
  if (folder === null) {
    note(`Without --data: ${grouped(count)} generated images, about as sparse as MNIST's`);
    return generatedDigits(count, TEST_IMAGES);
  }
  const { train, test, ...rest } = await unlessAborted(loadDataset(folder, { reading }), signal);
  if (train.count < count) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MISMATCH',
      what: `${folder} has too few images to measure with`,
      why: `it has ${train.count} training images, and ${count} are needed`,
      mend: 'Leave --data out, or give a smaller --batch-size where that is above 2048',
    });
  }
  return { train: firstOf(train, count), test: firstOf(test, TEST_IMAGES), ...rest, validation: 0 };
}

function firstOf(set: Dataset['train'], most: number): Dataset['train'] {
  const count = Math.min(most, set.count);
  const images = set.images.subarray(0, count * set.rows * set.columns);
  return { ...set, count, images, labels: set.labels.subarray(0, count) };
}

function machineOf(cores: number): BenchResult['machine'] {
  const { platform, arch, versions } = process;
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores,
    platform,
    arch,
    node: versions.node,
    v8: versions.v8,
  };
}

/** Of the last minute. */
function loadOf(): number {
  return loadavg()[0]!;
}

function figuresOf(rigs: Rigs, rounds: readonly Round[], { batchSize, engine }: BenchOptions) {
  const over = (pick: (round: Round) => number): Spread => spreadOf(rounds.map(pick));
  const [first] = rounds;
  const { stages, blocks, commits } = first!.kernels;
  const kernels = {
    stages: stages.map(({ name }, i) => ({
      name,
      microsecondsASample: over((round) => round.kernels.stages[i]!.microseconds),
    })),
    blocks: blocks.map(({ batchSize, shards, samples }, i) => ({
      batchSize,
      shards,
      samples,
      milliseconds: over((round) => round.kernels.blocks[i]!.ms),
      bytes: Math.round(over((round) => round.kernels.blocks[i]!.bytes).median),
    })),
    commits: commits.map(({ treeNodes }, i) => ({
      treeNodes,
      milliseconds: over((round) => round.kernels.commits[i]!.ms),
    })),
    parameters: {
      bytes: Math.round(over((round) => round.kernels.parameters.bytes).median),
      packMilliseconds: over((round) => round.kernels.parameters.packMs),
      unpackMilliseconds: over((round) => round.kernels.parameters.unpackMs),
    },
  };
  const threads = first!.threads.map(({ threads, batchSize }, i) => ({
    threads,
    batchSize,
    samplesPerSecond: over((round) => round.threads[i]!.rate),
  }));
  const clusters = rigs.clusters.map(({ nodes, hidden, rig }, i) => {
    const of = (pick: (times: ClusterTimes) => number) => over((round) => pick(round.clusters[i]!));
    return {
      nodes,
      hidden: [...hidden],
      batchSize,
      vectorBytes: rig.vectorBytes,
      stepMs: of(({ stepMs }) => stepMs),
      computeMs: of(({ computeMs }) => computeMs),
      commitMs: of(({ commitMs }) => commitMs),
      giveMs: of(({ giveMs }) => giveMs),
      coordinatorCpuMs: of(({ coordinatorCpuMs }) => coordinatorCpuMs),
      sentBytes: of(({ sentBytes }) => sentBytes).median,
      receivedBytes: of(({ receivedBytes }) => receivedBytes).median,
    };
  });
  const own = threads.find((one) => one.threads === 1 && one.batchSize === batchSize)!.samplesPerSecond;
  const engines = [
    { name: engine, samplesPerSecond: own },
    ...rigs.engines.map(({ name }, i) => ({ name, samplesPerSecond: over((round) => round.engines[i]!) })),
    ...[...rigs.missing].map(([name, why]) => ({ name, samplesPerSecond: null, why })),
  ];
  return { kernels, threads, cluster: { asked: clusters.slice(0, -1), other: clusters.at(-1)! }, engines };
}
