// A node's one thread, in two places: short blocks are computed on the thread that holds the socket, which spares two hand-overs
// a step; long ones on a thread of their own, so that heartbeats go on and slowness never looks like silence. Which it is,
// the last measurement tells; the first is made on the other thread.

import { setImmediate } from 'node:timers/promises';
import type { Engine, SplitName, StepAddress, WorkerPool } from '../../src/engine.ts';
import { isWideFault } from '../../src/errors.ts';
import type { BlockAddress } from '../../src/tree.ts';

/** For how long the thread that holds the socket may compute at a stretch. */
const SHORT_MS = 50;

export class NearPool implements WorkerPool {
  readonly capacity = 1;
  readonly #far: WorkerPool;
  readonly #nowMs: () => number;
  /** null: not there yet, or it failed. */
  #engine: Engine | null = null;
  /** Of a shard of a step and of a part of an evaluation, when one was computed last. */
  #shardMs = Number.POSITIVE_INFINITY;
  #partMs = Number.POSITIVE_INFINITY;

  /**
   * @param far a pool of one thread
   * @param engine on the scratch of that thread: never do both compute
   * @param nowMs any steady clock
   */
  constructor(far: WorkerPool, engine: Promise<Engine>, nowMs: () => number) {
    this.#far = far;
    this.#nowMs = nowMs;
    // without it the other thread does everything, and says what is wrong
    engine.then(
      (made) => {
        this.#engine = made;
      },
      () => undefined,
    );
  }

  async compute(at: StepAddress, blocks: readonly BlockAddress[], slots: readonly number[]): Promise<void> {
    const shards = blocks.map(({ level }) => 2 ** level);
    const isShort = this.#shardMs * Math.max(...shards) <= SHORT_MS;
    const near = await this.#near(isShort, blocks.length, (engine, i) => {
      const startedMs = this.#nowMs();
      engine.computeBlock(at, blocks[i]!, slots[i]!);
      this.#shardMs = (this.#nowMs() - startedMs) / shards[i]!;
    });
    if (near) return;
    const startedMs = this.#nowMs();
    await this.#far.compute(at, blocks, slots);
    this.#shardMs = (this.#nowMs() - startedMs) / shards.reduce((sum, n) => sum + n, 0);
  }

  async evaluateParts(split: SplitName, step: number, epoch: number, first: number, end: number): Promise<void> {
    const near = await this.#near(this.#partMs <= SHORT_MS, end - first, (engine, i) => {
      const startedMs = this.#nowMs();
      engine.evaluatePart(split, first + i, step, epoch);
      this.#partMs = this.#nowMs() - startedMs;
    });
    if (near) return;
    const startedMs = this.#nowMs();
    await this.#far.evaluateParts(split, step, epoch, first, end);
    this.#partMs = (this.#nowMs() - startedMs) / (end - first);
  }

  async close(): Promise<void> {
    const engine = this.#engine;
    this.#engine = null;
    engine?.close?.();
    await this.#far.close();
  }

  /** Does `count` pieces of work here, and looks at the socket between them. False: the other thread has to do them all. */
  async #near(isShort: boolean, count: number, work: (engine: Engine, i: number) => void): Promise<boolean> {
    for (let i = 0; i < count; i++) {
      if (i > 0) await setImmediate();
      const engine = this.#engine;
      if (!isShort || engine === null) return false;
      try {
        work(engine, i);
      } catch (error) {
        if (isWideFault(error)) throw error;
        // where a thread dies of it, another takes its place
        this.#engine = null;
        return false;
      }
    }
    return true;
  }
}
