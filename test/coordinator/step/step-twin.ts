// A slow and obvious twin of the machine of a step, and the random worlds that it is played in: workers that answer in any order
// or not at all, die, leave, join and lie. It looks at each effect, and says what must not be.

import { expect } from 'vitest';
import type { Accepted } from '../../../coordinator/step/cover.ts';
import type { WorkerSpeed } from '../../../coordinator/step/speed.ts';
import type { StepEffect, StepEvent } from '../../../coordinator/step/step-events.ts';
import { StepMachine } from '../../../coordinator/step/step-machine.ts';
import { type BlockAddress, blocksOfRange, shardsOfBlock } from '../../../src/tree.ts';

interface TwinWorker {
  readonly faulty: boolean;
  /** What it was given and has not answered. */
  open: { attempt: number; blocks: BlockAddress[]; dueAtMs: number } | null;
  busy: boolean;
  leaving: boolean;
  /** It was measured, or is no node. */
  readonly known: boolean;
  /** Shards that it may be given at once. */
  readonly most: number;
}

const shardsIn = (block: BlockAddress): number[] => {
  const { first, end } = shardsOfBlock(block);
  return Array.from({ length: end - first }, (_, i) => first + i);
};

export const options = { lateFactor: 2, lateFloorMs: 50, unmeasuredMs: 100 };

export class World {
  readonly workers = new Map<number, TwinWorker>();
  /** Shard -> the accepted node that holds it. */
  readonly covered = new Map<number, Accepted>();
  /** Every shard for which a worker's answer was not finite. */
  readonly suspects = new Map<number, Set<number>>();
  readonly evicted = new Set<number>();
  readonly committed: (readonly Accepted[])[] = [];
  readonly failed: number[] = [];
  /** Types of effects, and the first word of each assignment's reason. */
  readonly log: string[] = [];
  readonly machine: StepMachine;
  readonly shards: number;
  readonly badShards: ReadonlySet<number>;
  nowMs = 0;
  #lastAttempt = 9;
  #nextWorkerId = 1;

  constructor(shards: number, badShards: ReadonlySet<number>) {
    this.shards = shards;
    this.badShards = badShards;
    const shardSamples = Array.from({ length: shards }, (_, i) => 10 + (i % 2));
    this.machine = new StepMachine({ name: 'a step', shardSamples, firstAttempt: 10 }, options);
  }

  newWorker(faulty: boolean, busy: boolean, kind: number): WorkerSpeed {
    const workerId = this.#nextWorkerId++;
    const threads = 1 + (kind % 3);
    const samplesPerMs = 1 + (kind % 5);
    const mostShards = 1 + (kind % 6);
    const estimate = kind % 4 === 0 ? null : { samplesPerMs, overheadMs: kind % 7, measurements: 1, mostShards };
    const remote = kind % 5 !== 0;
    const most = estimate === null || !remote ? Number.POSITIVE_INFINITY : 2 * mostShards;
    const known = estimate !== null || !remote;
    this.workers.set(workerId, { faulty, open: null, busy, leaving: false, known, most });
    return { workerId, threads, weight: threads * samplesPerMs, estimate, remote };
  }

  get ended(): boolean {
    return this.committed.length + this.failed.length > 0;
  }

  send(event: StepEvent): StepEffect[] {
    const effects = this.machine.handle(event);
    for (const effect of effects) {
      this.log.push(effect.type === 'assign' ? effect.reason.split(' ')[0]! : effect.type);
      this.#follow(effect);
    }
    this.#checkIdle();
    expect(this.committed.length + this.failed.length).toBeLessThanOrEqual(1);
    return effects;
  }

  /** A worker answers one of its open blocks; the twin says what must become of it. */
  answer(workerId: number, choice: number): void {
    const worker = this.workers.get(workerId)!;
    const open = worker.open!;
    const [block] = open.blocks.splice(choice % open.blocks.length, 1) as [BlockAddress];
    if (open.blocks.length === 0) worker.open = null;
    const shards = shardsIn(block);
    const finite = !worker.faulty && !shards.some((shard) => this.badShards.has(shard));
    const node: Accepted = { workerId, attempt: open.attempt, block };

    const news = shards.some((shard) => !this.covered.has(shard));
    const beneath = new Set(shards.flatMap((shard) => this.covered.get(shard) ?? []));
    const expected = this.ended || !finite || !news ? ['drop'] : [...Array(beneath.size).fill('supersede'), 'accept'];
    if (!finite)
      for (const shard of shards)
        this.suspects.get(shard)?.add(workerId) ?? this.suspects.set(shard, new Set([workerId]));
    const before = this.ended;
    const effects = this.send({ type: 'tree-node', nowMs: this.nowMs, finite, ...node });
    expect(effects.slice(0, expected.length).map(({ type }) => type)).toEqual(expected);
    if (expected.at(-1) === 'accept') {
      const superseded = effects.flatMap((effect) => (effect.type === 'supersede' ? [effect.block] : []));
      expect(superseded).toEqual([...beneath].map((old) => old.block));
    }
    if (!before)
      expect(this.committed.length === 1).toBe(this.covered.size === this.shards && this.failed.length === 0);
  }

  #follow(effect: StepEffect): void {
    switch (effect.type) {
      case 'assign': {
        expect(this.ended).toBe(false);
        const worker = this.workers.get(effect.workerId)!;
        expect(worker).toMatchObject({ open: null, busy: false, leaving: false });
        expect(effect.attempt).toBe(++this.#lastAttempt);
        const shards = effect.blocks.flatMap(shardsIn);
        expect(shards.length).toBeGreaterThan(0);
        expect(new Set(shards).size).toBe(shards.length);
        for (const shard of shards) {
          expect(shard).toBeLessThan(this.shards);
          expect(this.covered.has(shard)).toBe(false);
          for (const owner of this.workers.values()) {
            if (owner.open?.blocks.some((block) => shardsIn(block).includes(shard))) {
              expect(owner.open.dueAtMs).toBeLessThanOrEqual(this.nowMs);
            }
          }
          this.#checkSuspect(effect.workerId, shard, effect.blocks);
        }
        const onTrial = !worker.known && this.#knownFor(shards[0]!);
        expect(shards.length).toBeLessThanOrEqual(onTrial ? 1 : worker.most);
        // The twin's patience is the machine's shortest; the machine may wait longer.
        worker.open = {
          attempt: effect.attempt,
          blocks: [...effect.blocks],
          dueAtMs: this.nowMs + (onTrial ? 0 : options.lateFloorMs),
        };
        return;
      }
      case 'accept':
        for (const shard of shardsIn(effect.block)) this.covered.set(shard, effect);
        return;
      case 'supersede':
        for (const shard of shardsIn(effect.block)) this.covered.delete(shard);
        return;
      case 'evict': {
        const worker = this.workers.get(effect.workerId)!;
        expect(worker).toBeDefined();
        expect([...this.suspects.values()].some((set) => set.has(effect.workerId))).toBe(true);
        expect(worker.faulty).toBe(true);
        this.evicted.add(effect.workerId);
        this.workers.delete(effect.workerId);
        return;
      }
      case 'commit':
        this.committed.push(effect.nodes);
        this.#checkCommit(effect.nodes);
        return;
      case 'fail':
        this.failed.push(effect.shard);
        // Two answers said so: two workers', or two of one who was alone.
        expect(this.suspects.has(effect.shard)).toBe(true);
        return;
      case 'drop':
      case 'warn':
        return;
    }
  }

  /** Who gave NaN for a shard is asked again only if nobody else could be, and a suspected shard travels alone. */
  #checkSuspect(workerId: number, shard: number, blocks: readonly BlockAddress[]): void {
    const suspects = this.suspects.get(shard);
    if (suspects === undefined) return;
    expect(blocks).toEqual([{ level: 0, index: shard }]);
    if (!suspects.has(workerId)) return;
    const others = [...this.workers].filter(([id, { leaving }]) => !leaving && !suspects.has(id));
    expect(others).toEqual([]);
  }

  /** Is somebody there of whom more is known than its own word, and who may compute the shard? */
  #knownFor(shard: number): boolean {
    const suspects = this.suspects.get(shard);
    const staying = [...this.workers].filter(([, { leaving }]) => !leaving);
    const others = staying.filter(([id]) => !suspects?.has(id));
    return (others.length > 0 ? others : staying).some(([, { known }]) => known);
  }

  /** Nobody idles while there is a shard that nobody has and nobody doubts. */
  #checkIdle(): void {
    if (this.ended) return;
    const idle = [...this.workers.values()].some(({ open, busy, leaving }) => open === null && !busy && !leaving);
    if (!idle) return;
    const owned = new Set([...this.workers.values()].flatMap(({ open }) => open?.blocks.flatMap(shardsIn) ?? []));
    for (let shard = 0; shard < this.shards; shard++) {
      if (this.covered.has(shard) || this.suspects.has(shard)) continue;
      expect(owned.has(shard), `shard ${shard} waits while somebody idles`).toBe(true);
    }
  }

  /** An exact cut through the tree: all shards, none twice, and added up it is the same sum to the bit. */
  #checkCommit(nodes: readonly Accepted[]): void {
    const shards = nodes.flatMap(({ block }) => shardsIn(block));
    expect(shards).toEqual(Array.from({ length: this.shards }, (_, i) => i));
    for (const node of nodes)
      for (const shard of shardsIn(node.block)) expect(this.covered.get(shard)).toMatchObject(node);
    expect(nodes.some(({ block }) => shardsIn(block).some((shard) => this.badShards.has(shard)))).toBe(false);
    const value = (block: BlockAddress): number =>
      block.level === 0
        ? Math.fround(Math.sin(block.index) * 10 ** (block.index % 5))
        : Math.fround(
            value({ level: block.level - 1, index: 2 * block.index }) +
              value({ level: block.level - 1, index: 2 * block.index + 1 }),
          );
    const sum = (block: BlockAddress): number => {
      if (nodes.some(({ block: { level, index } }) => level === block.level && index === block.index))
        return value(block);
      expect(block.level).toBeGreaterThan(0);
      const level = block.level - 1;
      return Math.fround(sum({ level, index: 2 * block.index }) + sum({ level, index: 2 * block.index + 1 }));
    };
    for (const root of blocksOfRange(0, this.shards)) expect(sum(root)).toBe(value(root));
  }
}
