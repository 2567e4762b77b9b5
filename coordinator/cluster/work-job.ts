// One step, or one evaluation, as it is worked on by threads and nodes: the step machine with what carries out its effects. Its effects are
// carried out here: work is given, results are kept in slots of the shared memory, and the promise is settled.

import type { SplitName, StepAddress } from '../../src/engine.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import type { ClusterEvent } from '../../src/run/cluster-event.ts';
import type { BlockAddress } from '../../src/tree.ts';
import type { Accepted } from '../step/cover.ts';
import type { StepEffect, StepEvent, StepOptions } from '../step/step-events.ts';
import { StepMachine } from '../step/step-machine.ts';
import type { ClusterMember, ClusterMembers } from './cluster-members.ts';
import { EvaluatedParts } from './evaluated-parts.ts';
import { Inflight } from './inflight.ts';

export interface JobWork extends StepAddress {
  /** null: training. */
  readonly split: SplitName | null;
  /** For messages: "step 3 of epoch 1". */
  readonly name: string;
  /** Samples of each shard or part. */
  readonly samples: readonly number[];
}

/** What a job has others do. */
export interface JobActions {
  readonly give: (member: ClusterMember, attempt: number, blocks: readonly BlockAddress[]) => void;
  readonly keep: (node: Accepted) => void;
  /** Its values are needed no more. */
  readonly release: (node: Accepted) => void;
  readonly onDropped: () => void;
  readonly onReassigned: (shards: number) => void;
  readonly onEvent: (event: ClusterEvent) => void;
  readonly late: StepOptions;
  /** Numbers of a shard's images, for an error. */
  readonly imagesOf: (shard: number) => readonly number[];
}

export class WorkJob {
  readonly work: JobWork;
  /** The exact cover of the tree; null when it was given up. */
  readonly done: Promise<readonly Accepted[] | null>;
  readonly parts = new EvaluatedParts();
  readonly #members: ClusterMembers;
  readonly #stopped: () => boolean;
  readonly #actions: JobActions;
  readonly #machine: StepMachine;
  #settle!: (nodes: readonly Accepted[] | null) => void;
  #reject!: (error: Error) => void;
  #timer: NodeJS.Timeout | null = null;
  /** Cancelled or failed from outside: whatever still happens concerns it no more. */
  #givenUp = false;
  /** Since when it is asked to stop. */
  #askedMs: number | null = null;

  constructor(
    work: JobWork,
    firstAttempt: number,
    cluster: ClusterMembers,
    stopped: () => boolean,
    actions: JobActions,
  ) {
    this.work = work;
    this.#members = cluster;
    this.#stopped = stopped;
    this.#actions = actions;
    this.#machine = new StepMachine({ name: work.name, shardSamples: work.samples, firstAttempt }, actions.late);
    this.done = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#reject = reject;
    });
  }

  get nextAttempt(): number {
    return this.#machine.nextAttempt;
  }

  isFor({ step, split }: { readonly step: number; readonly split: SplitName | null }): boolean {
    return step === this.work.step && split === this.work.split;
  }

  start(): void {
    const busy = [...this.#members.members.values()].filter(({ inflight }) => inflight !== null);
    this.handle({
      type: 'started',
      nowMs: this.#members.nowMs,
      workers: this.#members.membership.speeds(),
      busy: busy.map(({ workerId }) => workerId),
    });
  }

  handle(event: StepEvent): void {
    if (this.#givenUp) return;
    for (const effect of this.#machine.handle(event)) this.#carryOut(effect);
    this.#arm();
  }

  /** A step that somebody works on is finished when a stop is asked for; after `patienceMs` it is given up. */
  stopIfAsked(nowMs: number, patienceMs: number): void {
    if (!this.#stopped()) return;
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
    switch (effect.type) {
      case 'assign':
        return this.#assign(effect);
      case 'accept':
        return this.#actions.keep(effect);
      case 'supersede':
        return this.#actions.release(effect);
      case 'drop':
        this.#actions.onDropped();
        return this.#actions.release(effect);
      case 'evict':
        return this.#members.evict(effect.workerId, effect.code, effect.reason);
      case 'warn':
        return this.#actions.onEvent({ type: 'workerDoubted', workerId: effect.workerId, reason: effect.reason });
      case 'commit':
        this.#disarm();
        return this.#settle(effect.nodes);
      case 'fail':
        return this.fail(this.#notFinite(effect.shard, effect.reason));
    }
  }

  #assign({ workerId, attempt, blocks, from, reason }: StepEffect & { type: 'assign' }): void {
    const member = this.#members.members.get(workerId);
    if (member === undefined) return;
    const { epoch, step, split, samples } = this.work;
    member.inflight = new Inflight({ attempt, epoch, step, split }, blocks, samples, this.#members.nowMs);
    this.#members.tell({ type: 'given-work', workerId });
    if (reason !== 'first') {
      const shards = blocks.reduce((sum, { level }) => sum + 2 ** level, 0);
      this.#actions.onReassigned(shards);
      this.#actions.onEvent({ type: 'shardsReassigned', step, split, shards, from, to: workerId, why: reason });
    }
    this.#actions.give(member, attempt, blocks);
  }

  #notFinite(shard: number, reason: string): LockstepError {
    const samples = this.#actions.imagesOf(shard);
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
    const wait = Math.max(1, Math.ceil(dueMs - this.#members.nowMs));
    this.#timer = setTimeout(() => this.handle({ type: 'tick', nowMs: this.#members.nowMs }), wait);
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
