// What a node holds for one run: data, memory, threads. It turns parameters and blocks into tree nodes and figures.

import { epochOrder, type SplitNumbers, stepsPerEpoch } from '../../src/data/sampler.ts';
import { sharesSteps, type WorkerPool } from '../../src/engine.ts';
import { ThreadPool } from '../../src/host/thread-pool.ts';
import { usableCores } from '../../src/host/usable-cores.ts';
import { partsOf, type RunShape, samplesOf } from '../../src/kernels/memory-shape.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { shardsOfBlock } from '../../src/tree.ts';
import { LiveRows } from '../../src/wire/live-rows.ts';
import type { Evaluate, PartSums, Step, TreeNode } from '../../src/wire/messages.ts';
import { ProtocolError } from '../../src/wire/protocol-error.ts';
import { unpackChanged } from '../../src/wire/top-bytes.ts';
import { checkAsked } from './check-asked.ts';
import { fitting, type LaidRun } from './laid-run.ts';
import { NearPool } from './near-pool.ts';
import type { NodeWiring } from './node-wiring.ts';
import type { SpareMemory } from './spare-memory.ts';

export class NodeRun {
  readonly #pool: WorkerPool;
  readonly #memories: SpareMemory;
  readonly #memory: RunMemory;
  readonly #shape: RunShape;
  readonly #seed: number;
  readonly #split: SplitNumbers;
  readonly #liveRows: LiveRows;
  /** Of each slot, for what is sent packed: an answer stands there until the next attempt, which is due when it has gone out. */
  readonly #packed: Uint8Array[] = [];
  #epoch: number | null = null;
  #parameterStep: number | null = null;
  /** Attempts that were begun and have not ended. */
  #attempts = 0;

  /** @throws ProtocolError: doesNotFit when the run cannot be computed here */
  constructor(
    laid: LaidRun,
    wiring: NodeWiring,
    memories: SpareMemory,
    onLoss: (thread: number, reason: string) => void,
  ) {
    const { seed, split, shape, memory, module, engine, threads } = laid;
    this.#seed = seed;
    this.#split = split;
    this.#shape = shape;
    this.#memory = memory;
    this.#memories = memories;
    this.#liveRows = new LiveRows(shape.layout);
    const { threadFile, startPool = threadsOrOne(wiring) } = wiring;
    const cores = wiring.cores ?? usableCores();
    this.#pool = fitting(() => startPool(memory, { threadFile, module, engine, threads, cores, onLoss }));
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.#pool.close();
    // whoever is still at it would write into the next run
    if (this.#attempts === 0) this.#memories.giveBack(this.#memory.wasmMemory);
  }

  /** Tasks that narrow code did again. */
  get wideChecks(): number {
    return this.#memory.wideChecks;
  }

  /** Computes an attempt's blocks. The answers' payloads are views, to be sent before the next attempt. */
  async step(message: Step): Promise<TreeNode[]> {
    const { epoch, step, stepInEpoch, attempt, blocks } = message;
    const { batchSize, trainingCount } = this.#shape;
    const stepsInEpoch = stepsPerEpoch(trainingCount, batchSize);
    if (stepInEpoch >= stepsInEpoch) {
      throw new ProtocolError('badField', `step ${stepInEpoch} of an epoch that has ${stepsInEpoch}`);
    }
    checkAsked(blocks, this.#shape.shards, 'shards');
    this.#takeParameters(message);
    if (this.#epoch !== epoch) {
      this.#memory.setOrder(epoch, epochOrder(this.#seed, epoch, this.#split.marked));
      this.#memory.useOrder(epoch);
      this.#epoch = epoch;
    }
    const started = performance.now();
    await this.#attempt(() =>
      this.#pool.compute(
        { epoch, step, stepInEpoch },
        blocks,
        blocks.map((_, i) => i),
      ),
    );
    const computeMs = (performance.now() - started) / blocks.length;
    const { plan } = this.#memory;
    return blocks.map(({ level, index }, i) => {
      const { sums } = plan.slots[i]!;
      return {
        type: 'tree-node',
        epoch,
        step,
        attempt,
        level,
        index,
        ...this.#memory.sums(sums),
        computeMs,
        ...this.#valuesOf(i),
      };
    });
  }

  /** Computes an attempt's parts of a split. */
  async evaluate(message: Evaluate): Promise<{ parts: PartSums[]; computeMs: number }> {
    const { epoch, step, split, blocks } = message;
    checkAsked(blocks, partsOf(samplesOf(this.#shape, split)), `parts of the ${split} split`);
    this.#takeParameters(message);
    const started = performance.now();
    const parts: PartSums[] = [];
    for (const { first, end } of blocks.map(shardsOfBlock)) {
      await this.#attempt(() => this.#pool.evaluateParts(split, step, epoch, first, end));
      for (let part = first; part < end; part++) {
        parts.push({ part, ...this.#memory.sums(this.#memory.partSumsAt(part)) });
      }
    }
    return { parts, computeMs: performance.now() - started };
  }

  async #attempt(compute: () => Promise<void>): Promise<void> {
    this.#attempts++;
    try {
      await compute();
    } finally {
      this.#attempts--;
    }
  }

  /** A slot's values as they are sent: without the rows that are zero, or from where they stand. */
  #valuesOf(slot: number): Pick<TreeNode, 'packed' | 'payload'> {
    const { plan, bytes, wasmMemory } = this.#memory;
    const { vector } = plan.slots[slot]!;
    this.#packed[slot] ??= new Uint8Array(plan.vectorBytes);
    const room = this.#packed[slot];
    const length = this.#liveRows.pack(new Int32Array(wasmMemory.buffer, vector, plan.vectorBytes / 4), room);
    if (length > 0) return { packed: true, payload: room.subarray(0, length) };
    return { packed: false, payload: bytes.subarray(vector, vector + plan.vectorBytes) };
  }

  #takeParameters({ step, base, payload }: Step | Evaluate): void {
    if (base !== null) {
      if (base !== this.#parameterStep) {
        throw new ProtocolError(
          'wrongBase',
          `step ${step} rests on step ${base}, here are those of ${this.#parameterStep}`,
        );
      }
      this.#parameterStep = null;
      this.#memory.writeParameters(step, (now, before) => unpackChanged(before, payload, now));
      this.#parameterStep = step;
    } else if (payload.length > 0) {
      this.#memory.writeParameters(step, (now) => bytesOf(now).set(payload));
      this.#parameterStep = step;
    }
    if (this.#parameterStep !== step) throw new ProtocolError('badPayload', `no parameters of step ${step} have come`);
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** One thread of the kernels may compute beside the socket; with wide vectors each thread is tried first, which takes long. */
function threadsOrOne({ makeEngine }: NodeWiring): NonNullable<NodeWiring['startPool']> {
  return (memory, options) => {
    const { engine, threads } = options;
    const pool = new ThreadPool(memory, options);
    if (threads > 1 || !sharesSteps(engine.name) || engine.wide !== undefined) return pool;
    return new NearPool(pool, makeEngine(engine, memory, 0), () => performance.now());
  };
}
