// The kernels on this thread, one after the other: what a sample, a tree node and a commit take. What cannot be called alone is
// told by differences.

import { setImmediate } from 'node:timers/promises';
import type { Dataset } from '../../src/data/dataset.ts';
import type { Engine, EngineName, WideKernels } from '../../src/engine.ts';
import { ROW_GROUPS } from '../../src/kernels/kernels.ts';
import { layRun } from '../../src/kernels/lay-memory.ts';
import { PART_SAMPLES } from '../../src/kernels/memory-shape.ts';
import { bufferOf, type RunMemory } from '../../src/kernels/run-memory.ts';
import { layoutOf } from '../../src/model/layout.ts';
import { rootLevel } from '../../src/tree.ts';
import { LiveRows } from '../../src/wire/live-rows.ts';
import { packChanged, unpackChanged } from '../../src/wire/top-bytes.ts';
import type { Wiring } from '../../src/wiring.ts';
import { spreadOf } from '../speed/bench-result.ts';
import type { State } from './training-rig.ts';

export interface KernelOptions {
  readonly hidden: readonly number[];
  readonly shards: number;
  readonly engine: EngineName;
  readonly wide: boolean;
}

/** What one round found. */
export interface KernelTimes {
  /** Microseconds a sample; none for other engines than our kernels. */
  readonly stages: readonly { readonly name: string; readonly microseconds: number }[];
  readonly blocks: readonly BlockTime[];
  readonly commits: readonly { readonly treeNodes: number; readonly ms: number }[];
  /** Packed against those of the step before. */
  readonly parameters: { readonly bytes: number; readonly packMs: number; readonly unpackMs: number };
}

interface BlockTime {
  readonly batchSize: number;
  readonly shards: number;
  readonly samples: number;
  readonly ms: number;
  /** As a node sends it. */
  readonly bytes: number;
}

/** Of a commit: fewer than a batch has shards where those are few. */
const MOST_TREE_NODES = 8;

export class KernelRig {
  readonly #sizes: readonly Size[];
  readonly #signal: AbortSignal;

  /** `sizes`: of the batch that was asked for, and of another. */
  private constructor(sizes: readonly Size[], signal: AbortSignal) {
    this.#sizes = sizes;
    this.#signal = signal;
  }

  static async open(
    options: KernelOptions,
    batchSizes: readonly number[],
    { wiring, data, state }: { readonly wiring: Wiring; readonly data: Dataset; readonly state: State },
    signal: AbortSignal,
  ): Promise<KernelRig> {
    const sizes: Size[] = [];
    for (const batchSize of batchSizes) sizes.push(await Size.open(options, batchSize, wiring, data, state));
    return new KernelRig(sizes, signal);
  }

  /** Each for about so long. */
  async measure(forMs: number): Promise<KernelTimes> {
    const time = async (work: (call: number) => void): Promise<number> => {
      // signals get their turn
      await setImmediate();
      this.#signal.throwIfAborted();
      const calls: number[] = [];
      const untilMs = performance.now() + forMs;
      for (let nowMs = untilMs - forMs; nowMs < untilMs; ) {
        work(calls.length);
        const beganMs = nowMs;
        nowMs = performance.now();
        calls.push(nowMs - beganMs);
      }
      // not the mean: while another process has the core, a call takes a hundred times as long
      return spreadOf(calls).median;
    };
    const [asked, ...others] = this.#sizes;
    const blocks = [await asked!.root(time)];
    if (asked!.shards > 1) blocks.push(await asked!.shard(time));
    for (const other of others) blocks.push(await other.root(time));
    const commits = [await asked!.commit(1, time)];
    const many = Math.min(MOST_TREE_NODES, asked!.shards);
    if (many > 1) commits.push(await asked!.commit(many, time));
    const parameters = await asked!.parameters(time);
    return { stages: await asked!.stages(blocks[0]!.ms, time), blocks, commits, parameters };
  }

  close(): void {
    for (const size of this.#sizes) size.close();
  }
}

/** Milliseconds of a call. */
type Time = (work: (call: number) => void) => Promise<number>;

class Size {
  readonly batchSize: number;
  readonly shards: number;
  readonly #memory: RunMemory;
  readonly #plain: Engine;
  readonly #augmented: Engine;
  readonly #steps: number;

  private constructor(memory: RunMemory, plain: Engine, augmented: Engine) {
    const { batchSize, shards, trainingCount } = memory.plan.shape;
    this.batchSize = batchSize;
    this.shards = shards;
    this.#memory = memory;
    this.#plain = plain;
    this.#augmented = augmented;
    this.#steps = Math.max(1, Math.floor(trainingCount / batchSize));
  }

  static async open(
    { hidden, shards, engine: name, wide: isWide }: KernelOptions,
    batchSize: number,
    wiring: Wiring,
    { train, test, classes }: Dataset,
    state: State,
  ): Promise<Size> {
    const wide: WideKernels | null = isWide ? wiring.wideKernels() : null;
    const { count, rows, columns } = train;
    const shape = {
      layout: layoutOf([rows * columns, ...hidden, classes]),
      rows,
      columns,
      batchSize,
      shards,
      seed: 42,
      augment: true,
      trainImages: count,
      testImages: test.count,
      trainingCount: count,
      validationCount: count,
      workers: 1,
      slots: shards,
      dense: name !== 'wasm',
    };
    const memory = layRun(shape, wide?.module ?? wiring.sharedKernels(), wiring.heapBase());
    const numbers = Uint32Array.from({ length: count }, (_, image) => image);
    memory.setData(train, test, numbers);
    memory.setOrder(0, numbers);
    memory.useOrder(0);
    memory.setState(0, state.parameters, state.firstMoments, state.secondMoments);
    const spec = { name, ...(wide === null ? {} : { wide }) };
    const plain = await wiring.makeEngine({ ...spec, augmentValidation: false }, memory, 0);
    const augmented = await wiring.makeEngine({ ...spec, augmentValidation: true }, memory, 0);
    return new Size(memory, plain, augmented);
  }

  /** Of the whole batch as one tree node. */
  async root(time: Time): Promise<BlockTime> {
    const block = { level: rootLevel(this.shards), index: 0 };
    const ms = await time((call) => this.#plain.computeBlock(this.#at(call), block, 0));
    return { batchSize: this.batchSize, shards: this.shards, samples: this.batchSize, ms, bytes: this.#sentBytes(0) };
  }

  async shard(time: Time): Promise<BlockTime> {
    const ms = await time((call) => {
      const index = call % this.shards;
      this.#plain.computeBlock(this.#at(call), { level: 0, index }, index);
    });
    return {
      ...{ batchSize: this.batchSize, shards: 1, samples: this.batchSize / this.shards },
      ...{ ms, bytes: this.#sentBytes(0) },
    };
  }

  /** The state is read and never replaced: each commit is the same. */
  async commit(treeNodes: number, time: Time) {
    const level = rootLevel(this.shards / treeNodes);
    const nodes = Array.from({ length: treeNodes }, (_, index) => ({ level, index }));
    for (const block of nodes) this.#plain.computeBlock(this.#at(0), block, block.index);
    this.#memory.setTreeNodes(
      nodes,
      nodes.map(({ index }) => index),
    );
    this.#memory.setStepScalars(0, { learningRate: 1e-3, beta1Power: 0.5, beta2Power: 0.5, decay: 0 });
    const ms = await time(() => {
      for (let slice = 0; slice <= ROW_GROUPS; slice++) this.#plain.updateSlice(0, treeNodes, this.batchSize, slice);
    });
    return { treeNodes, ms };
  }

  /** Those that the commit before has made. */
  async parameters(time: Time) {
    const { plan } = this.#memory;
    const [before, now] = [0, 1].map((step) => this.#memory.vector(bufferOf(plan.parameters, step)));
    const room = new Uint8Array(plan.vectorBytes);
    const back = new Float32Array(room.length / 4);
    let length = 0;
    const packMs = await time(() => {
      length = packChanged(before!, now!, room);
    });
    if (length === 0) return { bytes: room.length, packMs, unpackMs: 0 };
    const unpackMs = await time(() => unpackChanged(before!, room.subarray(0, length), back));
    return { bytes: length, packMs, unpackMs };
  }

  /** Of what stands in a slot. */
  #sentBytes(slot: number): number {
    const { plan, wasmMemory } = this.#memory;
    const values = new Int32Array(wasmMemory.buffer, plan.slots[slot]!.vector, plan.vectorBytes / 4);
    return new LiveRows(plan.shape.layout).pack(values, new Uint8Array(plan.vectorBytes)) || plan.vectorBytes;
  }

  async stages(rootMs: number, time: Time) {
    if (this.#plain.name !== 'wasm') return [];
    const parts = Math.floor(this.#memory.plan.shape.validationCount / PART_SAMPLES);
    const part = async (engine: Engine) =>
      (1000 * (await time((call) => engine.evaluatePart('validation', call % parts, 0, 0)))) / PART_SAMPLES;
    const forward = await part(this.#plain);
    const both = await part(this.#augmented);
    const whole = (1000 * rootMs) / this.batchSize;
    return [
      { name: 'rotate, crop, list the pixels that are not 0', microseconds: Math.max(0, both - forward) },
      { name: 'forward and loss', microseconds: forward },
      { name: 'backward and gradient', microseconds: Math.max(0, whole - both) },
    ];
  }

  #at(call: number) {
    return { epoch: 0, step: 0, stepInEpoch: call % this.#steps };
  }

  close(): void {
    this.#plain.close?.();
    this.#augmented.close?.();
  }
}
