// A node in this process: the real session over a real socket, with hands that compute on this thread, and that a test can
// hold, break, or look at.

import type { Dataset } from '../../src/data/dataset.ts';
import type { SplitName, StepAddress, WorkerPool } from '../../src/engine.ts';
import { ExitCode, type LockstepError } from '../../src/errors.ts';
import type { ThreadPoolOptions } from '../../src/host/thread-pool.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { wiring } from '../../src/library.ts';
import type { Token } from '../../src/wire/auth.ts';
import { datasetDigest } from '../../src/wire/dataset-bytes.ts';
import type { Welcome } from '../../src/wire/messages.ts';
import { makeEngine } from '../../worker/engines/make-engine.ts';
import { KnownData } from '../../worker/node/known-data.ts';
import { layNodeRun } from '../../worker/node/laid-run.ts';
import { type NodeOptions, type NodeResult, type RankOfLaunch, runNode } from '../../worker/node/node.ts';
import type { NodeCounts } from '../../worker/node/node-counts.ts';
import { NodeRun } from '../../worker/node/node-run.ts';
import type { NodeWiring } from '../../worker/node/node-wiring.ts';
import { SpareMemory } from '../../worker/node/spare-memory.ts';
import { Lines } from './events.ts';
import { interruption } from './interruption.ts';

export interface NodeSetup {
  readonly name?: string;
  readonly threads?: number;
  /** What it has itself; none: it must be sent the data. */
  readonly data?: Dataset | null;
  readonly token?: Token | null;
  readonly keepAlive?: boolean;
  readonly retryForMs?: number | null;
  /** A launcher started it. */
  readonly launch?: RankOfLaunch;
  /** Awaited before a step is computed. */
  readonly beforeStep?: (at: StepAddress) => unknown;
  /** After it was computed, before it is answered. */
  readonly afterStep?: (at: StepAddress, memory: RunMemory, slots: readonly number[]) => unknown;
  readonly beforeParts?: (split: SplitName) => unknown;
  readonly afterParts?: (split: SplitName, memory: RunMemory, first: number, end: number) => unknown;
  /** Real threads instead. */
  readonly realThreads?: boolean;
  readonly wiring?: Partial<NodeWiring>;
  readonly counts?: NodeCounts;
}

interface NodeEnd {
  readonly result: NodeResult | null;
  readonly error: LockstepError | null;
}

export interface TestNode {
  readonly name: string;
  /** Steps that it was given, in order. */
  readonly steps: number[];
  /** Parts of each split that it has computed. */
  readonly parts: Record<SplitName, number>;
  readonly log: Lines;
  /** Never rejects. */
  readonly ended: Promise<NodeEnd>;
  /** As Ctrl-C does. */
  leave(): void;
}

type StartPool = NonNullable<NodeWiring['startPool']>;

const digests = new Map<Dataset, string>();

function digestOf(data: Dataset): string {
  const digest = digests.get(data) ?? datasetDigest(data);
  digests.set(data, digest);
  return digest;
}

export function startNode(url: string, setup: NodeSetup = {}): TestNode {
  const { name = 'node', threads = 1, data = null, token = null, keepAlive = false, retryForMs = 20_000 } = setup;
  const steps: number[] = [];
  const parts: Record<SplitName, number> = { validation: 0, test: 0 };
  const log = new Lines();
  const controller = new AbortController();
  const startPool: StartPool = (memory, hands) => inlineHands(memory, hands, setup, steps, parts);
  const { launch } = setup;
  const plain = { url, token, certificateAuthority: null, threads, name, keepAlive, retryForMs };
  const options: NodeOptions = launch === undefined ? plain : { ...plain, launch };
  const ended = runNode(
    options,
    data === null ? new KnownData(null) : new KnownData(data, digestOf(data)),
    { ...wiring, ...(setup.realThreads ? {} : { startPool }), ...setup.wiring },
    {
      signal: controller.signal,
      log: (level, message) => log.add(`${level}: ${message}`),
      ...(setup.counts && { counts: setup.counts }),
    },
  ).then(
    (result): NodeEnd => ({ result, error: null }),
    (error: LockstepError): NodeEnd => ({ result: null, error }),
  );
  void ended.then(() => log.end('the node ended'));
  return {
    name,
    steps,
    parts,
    log,
    ended,
    leave: () => controller.abort(interruption(ExitCode.interrupted)),
  };
}

function inlineHands(
  memory: RunMemory,
  { engine: spec, threads }: ThreadPoolOptions,
  setup: NodeSetup,
  steps: number[],
  parts: Record<SplitName, number>,
): WorkerPool {
  const making = makeEngine(spec, memory, 0);
  return {
    capacity: threads,
    async compute(at, blocks, slots) {
      steps.push(at.step);
      const engine = await making;
      // a copy: the caller may go on with its own
      const here = { ...at };
      await setup.beforeStep?.(here);
      blocks.forEach((block, i) => {
        engine.computeBlock(here, block, slots[i]!);
      });
      await setup.afterStep?.(here, memory, slots);
    },
    async evaluateParts(split, step, epoch, first, end) {
      const engine = await making;
      await setup.beforeParts?.(split);
      for (let chunk = first; chunk < end; chunk++) engine.evaluatePart(split, chunk, step, epoch);
      parts[split] += end - first;
      await setup.afterParts?.(split, memory, first, end);
    },
    async close() {},
  };
}

/** What a node computes with, for a test that speaks for the node itself. */
export function nodeRunFor(welcome: Welcome, data: Dataset): NodeRun {
  const startPool: StartPool = (memory, hands) => inlineHands(memory, hands, {}, [], { validation: 0, test: 0 });
  const hands = { engine: 'wasm', threads: 1, wiring: { ...wiring, startPool }, memories: new SpareMemory() };
  return new NodeRun(layNodeRun(welcome, data, data, hands), hands.wiring, hands.memories, () => undefined);
}
