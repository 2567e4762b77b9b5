// Has the members of a run work on a step or an evaluation: sends them what they are to compute, and takes their answers in.
// One job at a time; who was late with the one before is heard, and what it says is dropped. Knows nothing of what follows
// from the results.

import type { Engine } from '../../src/engine.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { ClusterEvent } from '../../src/run/cluster-event.ts';
import { shardsOfBlock } from '../../src/tree.ts';
import type { AttemptFailed, Evaluated, TreeNode } from '../../src/wire/messages.ts';
import { ProtocolError } from '../../src/wire/protocol-error.ts';
import type { LocalThreads } from '../executors/executor.ts';
import type { Observer } from '../executors/worker-status.ts';
import { type Accepted, shardList } from '../step/cover.ts';
import type { Measurement } from '../step/speed.ts';
import type { StepOptions } from '../step/step-events.ts';
import { Auditor, type Audits } from './auditor.ts';
import type { ClusterMember, MemberWork } from './cluster-member.ts';
import { ClusterMembers, type ClusterMembersOptions } from './cluster-members.ts';
import type { Inflight } from './inflight.ts';
import { ParameterCopies } from './parameter-copies.ts';
import { StepPhases } from './step-phases.ts';
import { TreeSlots } from './tree-slots.ts';
import { type JobDeps, type JobWork, WorkJob } from './work-job.ts';

export interface DispatcherOptions {
  readonly memory: RunMemory;
  /** This machine's threads; null with --threads 0. */
  readonly local: LocalThreads | null;
  readonly observer: Observer;
  /** When an attempt is late. */
  readonly late: StepOptions;
  readonly members: ClusterMembersOptions;
  /** Commits steps, and computes again what is audited, on this thread. */
  readonly engine: Engine;
  /** null: nothing is. */
  readonly audits: Audits | null;
  readonly onEvent: (event: ClusterEvent) => void;
}

// How long a stop waits for a step that makes no progress.
const STOP_MS = 1_500;
const NOTHING = { payload: new Uint8Array(0), base: null, sent: undefined };

export class Dispatcher implements MemberWork {
  readonly members: ClusterMembers;
  readonly slots: TreeSlots;
  readonly phases: StepPhases;
  readonly auditor: Auditor | null;
  /** Of the whole run, for whoever watches. */
  readonly counts = { reassignedShards: 0, nonFiniteShards: 0 };
  readonly #options: DispatcherOptions;
  readonly #copies: ParameterCopies;
  readonly #jobDeps: JobDeps;
  #job: WorkJob | null = null;
  #firstAttempt = 1;
  #localWork: Promise<void> = Promise.resolve();
  /** Its threads are gone for good; perhaps it was late then, and no job was there to fail. */
  #localFailure: Error | null = null;

  constructor(options: DispatcherOptions) {
    const { memory, engine, observer, late, audits, onEvent } = options;
    this.#options = options;
    this.slots = new TreeSlots(memory);
    this.#copies = new ParameterCopies(memory);
    this.phases = new StepPhases(observer);
    this.members = new ClusterMembers(options.members, this);
    const { members, slots } = this;
    const onFalse = () => this.cancel();
    const auditor = audits && new Auditor({ audits, memory, engine, slots, members, onFalse, onEvent });
    this.auditor = auditor;
    this.#jobDeps = {
      members,
      memory,
      slots,
      late,
      onEvent,
      unneeded: (...what) => auditor?.unneeded(...what),
      give: (member, inflight, work, again) => {
        if (again) this.counts.reassignedShards += inflight.shardCount;
        if (member.connection !== null) this.#give(member, inflight, work);
        else this.#localWork = this.#compute(member, inflight, work).catch((error: Error) => this.#failLocally(error));
      },
    };
  }

  /** Resolves when what this machine's threads were given is done, though it be in vain. */
  get localWork(): Promise<void> {
    return this.#localWork;
  }

  /** Has a step or an evaluation worked on. Null when it was given up. */
  async work(work: JobWork): Promise<readonly Accepted[] | null> {
    if (this.#localFailure !== null) throw this.#localFailure;
    const job = new WorkJob(work, this.#firstAttempt, this.#jobDeps);
    this.#job = job;
    try {
      job.start();
      return await job.done;
    } finally {
      this.#firstAttempt = job.nextAttempt;
      this.#job = null;
    }
  }

  /** Gives up what is worked on. */
  cancel(): void {
    this.#job?.cancel();
  }

  changed(event: Parameters<MemberWork['changed']>[0]): void {
    if (event.type === 'joined') this.auditor?.joined(this.members.get(event.worker.workerId)!);
    if (event.type === 'lost') this.auditor?.gone(event.workerId);
    this.#job?.handle(event);
  }

  ticked(nowMs: number): void {
    this.#job?.stopIfAsked(nowMs, this.members.paused ? 0 : STOP_MS);
  }

  answered(member: ClusterMember, message: TreeNode | Evaluated | AttemptFailed): void {
    const { inflight } = member;
    if (inflight === null) throw new ProtocolError('unsolicited', 'an answer where nothing was asked for');
    switch (message.type) {
      case 'tree-node':
        inflight.answerBlock(message);
        return this.#takeNode(member, inflight, message);
      case 'evaluated':
        inflight.answerParts(message);
        return this.#takeParts(member, inflight, message);
      case 'attempt-failed':
        inflight.answerFailure(message.attempt);
        // as any worker that goes: its shards are redone by others
        return this.members.evict(member.workerId, 'engineFailed', `its engine failed: ${message.reason}`);
    }
  }

  /** The run stands where it stood before, with other parameters for the steps to come. */
  forgetParameters(): void {
    this.members.forgetParameters();
    this.#copies.forget();
  }

  /** The job that an answer is for; null when that is over, and its worker was late. */
  #jobOf({ work }: Inflight): WorkJob | null {
    return this.#job?.work === work ? this.#job : null;
  }

  #give(member: ClusterMember, { attempt, blocks }: Inflight, { epoch, step, stepInEpoch, split }: JobWork): void {
    const givingMs = performance.now();
    const packed = member.holdsBefore(step) && member.packsParameters;
    const { payload, base, sent } = member.lacksParameters(step) ? this.#copies.take(step, packed) : NOTHING;
    member.sends(payload.length, base !== null);
    const task = { epoch, step, attempt, blocks, base, payload };
    member.connection?.send(
      split === null ? { type: 'step', stepInEpoch, ...task } : { type: 'evaluate', split, ...task },
      sent,
    );
    this.phases.gave(performance.now() - givingMs);
  }

  #takeNode(member: ClusterMember, inflight: Inflight, message: TreeNode): void {
    const { workerId } = member;
    const { nowMs } = this.members;
    const { level, index, step, packed, payload } = message;
    const job = this.#jobOf(inflight);
    const node = { block: { level, index }, workerId, attempt: inflight.attempt };
    // first, since it may be refused; what is late is looked at only to be compared
    const compared = job === null && this.auditor?.awaits(member) === true;
    if (job !== null || compared) this.slots.write(node, message);
    member.sent(payload.length, packed);
    if (inflight.done) this.#settle(member, inflight.measurement(nowMs));
    if (job === null) {
      this.#options.onEvent({ type: 'workerLate', workerId, step });
      if (inflight.done) this.#job?.handle({ type: 'idle', nowMs, workerId });
      if (!compared) return;
      this.auditor!.nodeCame(member, node);
      return this.slots.release(node);
    }
    job.handle({ type: 'tree-node', nowMs, finite: this.#isFinite(node), ...node });
  }

  #takeParts(member: ClusterMember, inflight: Inflight, { parts }: Evaluated): void {
    const { workerId } = member;
    const job = this.#jobOf(inflight);
    job?.addParts(workerId, parts);
    const { nowMs } = this.members;
    if (inflight.done) this.#settle(member, inflight.measurement(nowMs));
    if (job === null) {
      if (inflight.done) this.#job?.handle({ type: 'idle', nowMs, workerId });
      return this.auditor?.partsCame(member, inflight.attempt, parts);
    }
    if (!inflight.done) return;
    const { attempt, blocks } = inflight;
    for (const block of blocks) job.handle({ type: 'tree-node', nowMs, workerId, attempt, block, finite: true });
  }

  /** This machine's threads compute what they were given: into memory, without a message. */
  async #compute(member: ClusterMember, inflight: Inflight, work: JobWork): Promise<void> {
    const { pool } = this.#options.local!;
    const { workerId } = member;
    const { attempt, blocks } = inflight;
    const { step, epoch, stepInEpoch, split, samples } = work;
    const startedMs = performance.now();
    const slots = split === null ? blocks.map(() => this.slots.take()) : [];
    if (split === null) await pool.compute({ epoch, step, stepInEpoch }, blocks, slots);
    else
      for (const { first, end } of blocks.map(shardsOfBlock)) await pool.evaluateParts(split, step, epoch, first, end);
    const { nowMs } = this.members;
    this.#settle(member, {
      ...inflight.measurement(nowMs),
      sampleCount: blocks.flatMap(shardList).reduce((sum, shard) => sum + samples[shard]!, 0),
      computeMs: performance.now() - startedMs,
    });
    const job = this.#jobOf(inflight);
    if (job === null) {
      for (const slot of slots) this.slots.giveBack(slot);
      this.#job?.handle({ type: 'idle', nowMs, workerId });
      return;
    }
    const nodes = blocks.map((block) => ({ block, workerId, attempt }));
    slots.forEach((slot, i) => {
      this.slots.bind(nodes[i]!, slot);
    });
    const finite = nodes.map((node) => split !== null || this.#isFinite(node));
    nodes.forEach((node, i) => {
      job.handle({ type: 'tree-node', nowMs, finite: finite[i]!, ...node });
    });
  }

  #failLocally(error: Error): void {
    this.#localFailure = error;
    this.#job?.fail(error);
  }

  #isFinite(node: Accepted): boolean {
    const finite = this.slots.isFinite(node);
    if (!finite) this.counts.nonFiniteShards += 2 ** node.block.level;
    return finite;
  }

  #settle(member: ClusterMember, measurement: Measurement): void {
    if (member.inflight?.work.split === null) this.phases.answered(measurement.computeMs);
    const { packsParameters } = member;
    this.members.settle(member, measurement);
    const { workerId, packsParameters: packed, linkBytesPerSecond } = member;
    if (packed === packsParameters || linkBytesPerSecond === null) return;
    this.#options.onEvent({ type: 'parameterForm', workerId, packed, bytesPerSecond: linkBytesPerSecond });
  }
}
