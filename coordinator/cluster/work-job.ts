// One step, or one evaluation, as it is worked on by threads and nodes: the step machine with what carries out its effects.
// Work is given, results are kept in shared memory, and the promise is settled.

import type { StepAddress } from '../../src/engine.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { ClusterEvent } from '../../src/run/cluster-event.ts';
import { shardsOfBlock } from '../../src/tree.ts';
import type { PartSums } from '../../src/wire/messages.ts';
import type { Accepted } from '../step/cover.ts';
import type { StepEffect, StepEvent, StepOptions } from '../step/step-events.ts';
import { StepMachine } from '../step/step-machine.ts';
import type { ClusterMember } from './cluster-member.ts';
import type { ClusterMembers } from './cluster-members.ts';
import { Inflight, type Work } from './inflight.ts';
import type { TreeSlots } from './tree-slots.ts';

export interface JobWork extends StepAddress, Work {
  /** For messages: "step 3". */
  readonly name: string;
  /** Asked now and then: give it up? */
  readonly stopped: () => boolean;
  /** Numbers of a shard's images, for an error. */
  readonly imagesOf: (shard: number) => readonly number[];
}

/** What all jobs of a run have in common. */
export interface JobDeps {
  readonly members: ClusterMembers;
  readonly memory: RunMemory;
  readonly slots: TreeSlots;
  /** When an attempt is late. */
  readonly late: StepOptions;
  /** Has a member compute what was just noted as given to it. `again`: others had it before. */
  readonly give: (member: ClusterMember, inflight: Inflight, work: JobWork, again: boolean) => void;
  /** An answer is not needed, since others gave the same work: told while its values stand. */
  readonly unneeded: (work: JobWork, node: Accepted, by: readonly Accepted[], parts: readonly PartSums[]) => void;
  readonly onEvent: (event: ClusterEvent) => void;
}

export class WorkJob {
  readonly work: JobWork;
  /** The exact cover of the tree; null when it was given up. */
  readonly done: Promise<readonly Accepted[] | null>;
  readonly #deps: JobDeps;
  readonly #machine: StepMachine;
  /** Sums of an evaluation that came over sockets, until the block they belong to is accepted; by worker. */
  readonly #parts = new Map<number, PartSums[]>();
  #settle!: (nodes: readonly Accepted[] | null) => void;
  #reject!: (error: Error) => void;
  #timer: NodeJS.Timeout | null = null;
  /** Cancelled or failed from outside: whatever still happens concerns it no more. */
  #givenUp = false;
  /** Since when it is asked to stop. */
  #askedMs: number | null = null;

  constructor(work: JobWork, firstAttempt: number, deps: JobDeps) {
    this.work = work;
    this.#deps = deps;
    this.#machine = new StepMachine({ name: work.name, shardSamples: work.samples, firstAttempt }, deps.late);
    this.done = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#reject = reject;
    });
  }

  get nextAttempt(): number {
    return this.#machine.nextAttempt;
  }

  start(): void {
    const { members } = this.#deps;
    const busy = members.busy().map(({ workerId }) => workerId);
    this.handle({ type: 'started', nowMs: members.nowMs, workers: members.speeds(), busy });
  }

  handle(event: StepEvent): void {
    if (this.#givenUp) return;
    for (const effect of this.#machine.handle(event)) this.#carryOut(effect);
    this.#arm();
  }

  /** Parts that a worker has sent; `handle` is told of their block when all of it is there. */
  addParts(workerId: number, parts: readonly PartSums[]): void {
    this.#parts.set(workerId, [...(this.#parts.get(workerId) ?? []), ...parts]);
  }

  /** A step that somebody works on is finished when a stop is asked for; after `patienceMs` it is given up. */
  stopIfAsked(nowMs: number, patienceMs: number): void {
    if (!this.work.stopped()) return;
    this.#askedMs ??= nowMs;
    if (nowMs - this.#askedMs >= patienceMs) this.cancel();
  }

  cancel(): void {
    this.#givenUp = true;
    this.#disarm();
    this.#settle(null);
  }

  fail(error: Error): void {
    this.#givenUp = true;
    this.#disarm();
    this.#reject(error);
  }

  #carryOut(effect: StepEffect): void {
    const { members, slots, onEvent } = this.#deps;
    switch (effect.type) {
      case 'assign':
        return this.#assign(effect);
      case 'accept':
        return this.#keepParts(effect);
      case 'supersede':
      case 'drop':
        this.#deps.unneeded(this.work, effect, effect.by, this.#partsOf(effect));
        return slots.release(effect);
      case 'evict':
        return members.evict(effect.workerId, effect.code, effect.reason);
      case 'warn':
        return onEvent({ type: 'workerDoubted', workerId: effect.workerId, reason: effect.reason });
      case 'commit':
        this.#disarm();
        return this.#settle(effect.nodes);
      case 'fail':
        return this.fail(this.#notFinite(effect.shard, effect.reason));
    }
  }

  #assign({ workerId, attempt, blocks, from, reason }: StepEffect & { type: 'assign' }): void {
    const { members, onEvent, give } = this.#deps;
    const member = members.get(workerId);
    if (member === undefined) return;
    const inflight = new Inflight(this.work, attempt, blocks, members.nowMs);
    members.give(member, inflight);
    const again = reason !== 'first';
    if (again) {
      const { step, split } = this.work;
      const { shardCount: shards } = inflight;
      onEvent({ type: 'shardsReassigned', step, split, shards, from, to: workerId, why: reason });
    }
    give(member, inflight, this.work, again);
  }

  /** Writes an accepted block's sums to their places. Tree nodes, and what this machine's threads evaluated, stand there. */
  #keepParts(node: Accepted): void {
    const { memory } = this.#deps;
    for (const sums of this.#partsOf(node)) memory.setSums(memory.partSumsAt(sums.part), sums);
  }

  /** What came over a socket for a block. */
  #partsOf({ block, workerId }: Accepted): PartSums[] {
    const { first, end } = shardsOfBlock(block);
    return (this.#parts.get(workerId) ?? []).filter(({ part }) => part >= first && part < end);
  }

  #notFinite(shard: number, reason: string): LockstepError {
    const samples = this.work.imagesOf(shard);
    const shown = samples.slice(0, 16).join(', ');
    return new LockstepError({
      code: 'ERR_LOCKSTEP_NOT_FINITE',
      what: reason,
      why: `a NaN or an infinity came out of it both times; its samples are the training images ${shown}${samples.length > 16 ? ` and ${samples.length - 16} more` : ''}`,
      mend: 'Use a smaller --lr, or look at these images. The weights before that step were not changed.',
      exitCode: ExitCode.runFailed,
    });
  }

  /** A tick at the time when something becomes late. */
  #arm(): void {
    this.#disarm();
    const dueMs = this.#machine.nextDueMs;
    if (dueMs === null) return;
    const { members } = this.#deps;
    const wait = Math.max(1, Math.ceil(dueMs - members.nowMs));
    this.#timer = setTimeout(() => this.handle({ type: 'tick', nowMs: members.nowMs }), wait);
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
