// Training across threads of this machine and nodes that joined over WebSocket: an executor like the others, to the bit.
// A step goes out as parameters, comes back as tree nodes, and is committed on this thread.

import type { Engine, SplitName } from '../../src/engine.ts';
import { type Kernels, ROW_GROUPS } from '../../src/kernels/kernels.ts';
import { bufferOf, type RunMemory } from '../../src/kernels/run-memory.ts';
import type { ClusterEvent } from '../../src/run/cluster-event.ts';
import { workName } from '../../src/run/event-text.ts';
import type { Sums } from '../../src/sums.ts';
import { type BlockAddress, shardsOfBlock } from '../../src/tree.ts';
import type { Evaluated, TreeNode } from '../../src/wire/messages.ts';
import { ProtocolError } from '../../src/wire/protocol-error.ts';
import { sumParts } from '../executors/evaluation-sums.ts';
import type { Executor, LocalThreads, StepRange } from '../executors/executor.ts';
import { notFinite } from '../executors/not-finite.ts';
import type { ShardSizes } from '../executors/shard-sizes.ts';
import { type ExecutorStatus, noStatus, type Observer } from '../executors/worker-status.ts';
import { type Accepted, shardList } from '../step/cover.ts';
import type { Measurement } from '../step/speed.ts';
import type { StepOptions } from '../step/step-events.ts';
import type { ClusterMember, ClusterMembers, MemberHandlers } from './cluster-members.ts';
import { ledgerNodeOf, statusOf } from './members-status.ts';
import { evictionOf, NodeLedger } from './node-ledger.ts';
import { ParameterCopies } from './parameter-copies.ts';
import { Recount, type Wrong } from './recount.ts';
import { RunGate } from './run-gate.ts';
import { noSocketCounts } from './socket-counts.ts';
import { StepPhases } from './step-phases.ts';
import { TreeSlots } from './tree-slots.ts';
import { type JobWork, WorkJob } from './work-job.ts';

export interface SocketOptions {
  readonly memory: RunMemory;
  readonly kernels: Kernels;
  /** Commits steps on this thread. */
  readonly engine: Engine;
  /** This machine's threads; null with --threads 0. */
  readonly local: LocalThreads | null;
  readonly sizes: ShardSizes;
  readonly observer: Observer;
  /** When an attempt is late. */
  readonly step: StepOptions;
  /** Aborted when the run is asked to stop. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: ClusterEvent) => void;
}

// How long a stop waits for a step that makes no progress.
const STOP_MS = 1_500;
const NO_BYTES: Uint8Array = new Uint8Array(0);

export class SocketExecutor implements Executor {
  readonly counts = noSocketCounts();
  readonly #options: SocketOptions;
  readonly #slots: TreeSlots;
  readonly #recount: Recount;
  readonly #copies = new ParameterCopies();
  #members!: ClusterMembers;
  #closeNodes!: (finished: boolean) => Promise<void>;
  #job: WorkJob | null = null;
  #localWork: Promise<void> = Promise.resolve();
  /** Its threads are gone for good; perhaps it was late then, and no job was there to fail. */
  #localFailure: Error | null = null;
  #firstAttempt = 1;
  #closed = false;
  readonly #ledger: NodeLedger;
  readonly #phases: StepPhases;
  readonly #gate: RunGate;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.#slots = new TreeSlots(options.memory, options.kernels);
    this.#recount = new Recount(options.memory, options.engine, this.#slots);
    this.#ledger = new NodeLedger(options.local?.pool.capacity ?? 0);
    this.#phases = new StepPhases(options.observer);
    this.#gate = new RunGate(options.onEvent);
  }

  /** The members are made with this executor's handlers, and the server with the cluster. */
  attach(cluster: ClusterMembers, closeNodes: (finished: boolean) => Promise<void>): void {
    this.#members = cluster;
    this.#closeNodes = closeNodes;
    if (this.#options.local !== null) cluster.addLocal(this.#options.local.pool.capacity);
  }

  /** Resolves when enough computing threads are there; throws 75 at the join timeout, or the signal's reason. */
  async ready(signal: AbortSignal): Promise<void> {
    await this.#gate.ready(signal);
  }

  readonly handlers: MemberHandlers = {
    onReady: (member) => {
      this.counts.joined++;
      const worker = this.#members.membership.speeds().find(({ workerId }) => workerId === member.workerId);
      if (worker !== undefined) this.#job?.handle({ type: 'joined', nowMs: this.#members.nowMs, worker });
    },
    onTreeNode: (member, message) => this.#treeNode(member, message),
    onEvaluated: (member, message) => this.#evaluated(member, message),
    onFailed: (member, { attempt, reason }) => {
      const { workerId } = member;
      const { work } = owed(member);
      if (work.attempt !== attempt) {
        throw new ProtocolError('unsolicited', `attempt ${attempt} failed, asked for was ${work.attempt}`);
      }
      this.#job?.handle({ type: 'failed', nowMs: this.#members.nowMs, workerId, reason });
      this.#members.evict(workerId, 'engineFailed', reason);
    },
    onGoodbye: ({ workerId }) => this.#job?.handle({ type: 'goodbye', workerId }),
    onLeaving: (member, reason, name) =>
      this.#ledger.left(ledgerNodeOf(this.#members, member), evictionOf(name), reason),
    onGone: ({ workerId }, reason) => this.#job?.handle({ type: 'lost', nowMs: this.#members.nowMs, workerId, reason }),
    onTick: (nowMs) => this.#job?.stopIfAsked(nowMs, this.#members.membership.phase === 'paused' ? 0 : STOP_MS),
    onPhase: (effect) => this.#gate.move(effect),
  };

  async train(range: StepRange): Promise<number> {
    const { local } = this.#options;
    let step = range.from;
    while (step < range.to) {
      if (local !== null && !this.#members.hasNodes && this.#localIsIdle()) {
        // nobody else is here: the threads need no coordinator between steps
        const stopped = () => range.stopped() || this.#members.hasNodes;
        step = await local.executor.train({ ...range, from: step, stopped });
      } else if (await this.#trainStep(range, step)) {
        step++;
      } else {
        return step;
      }
      if (range.stopped()) return step;
    }
    return step;
  }

  async evaluate(split: SplitName, step: number, epoch: number): Promise<Sums> {
    const { memory, sizes } = this.#options;
    return await sumParts(memory, split, async (parts) => {
      const samples = Array.from({ length: parts }, (_, part) => sizes.part(split, part));
      const name = workName(step, split);
      if (parts === 0) return;
      const done = await this.#work({ epoch, step, stepInEpoch: 0, split, name, samples });
      if (done === null) throw this.#options.signal.reason ?? new Error('The executor was closed');
      // what its threads still compute in vain would write to the places of the next evaluation
      await this.#localWork;
      this.#evictAll(await this.#recount.parts(split, step, epoch, this.#remote(done)));
    });
  }

  status(): ExecutorStatus {
    const local = this.#options.local?.executor.status() ?? noStatus;
    return statusOf(this.#members, this.#ledger, local, this.counts, this.#phases.waitMs, this.#gate.waiting);
  }

  async close(finished: boolean): Promise<void> {
    this.#closed = true;
    this.#job?.cancel();
    // at once: neither may have to wait for the other's patience
    await Promise.all([this.#closeNodes(finished), this.#options.local?.executor.close(finished)]);
  }

  /** False when it was given up: nothing was committed. */
  async #trainStep(range: StepRange, step: number): Promise<boolean> {
    const { memory, sizes } = this.#options;
    const { epoch } = range;
    const stepInEpoch = step - range.epochStart;
    const samples = sizes.shards(stepInEpoch);
    const work: JobWork = { epoch, step, stepInEpoch, split: null, name: workName(step, null), samples };
    this.#phases.begin();
    // a checkpoint waits for the step, but not for workers
    const stopped = () => this.#members.membership.phase === 'paused' && range.stopped();
    const nodes = await this.#work(work, stopped);
    if (nodes === null) {
      // what was accepted is computed anew, and would else keep its slots until the step is committed
      this.#slots.clear();
      return false;
    }
    this.#phases.computed();
    memory.setStepScalars(step, range.scalars(step));
    if (!this.#update(work, nodes)) {
      // every tree node is finite: somebody's may be so large that the sum is not
      this.#evictAll(await this.#recount.blocks(work, this.#remote(nodes)));
      if (!this.#update(work, nodes)) throw notFinite(step);
    }
    memory.addTreeNodes(step, nodes.length);
    this.#slots.clear();
    this.#phases.committed();
    range.committed(step, memory.stepSums(step));
    return true;
  }

  /** Makes the state that the next step reads. False: not finite; it may be made again then, since this step's state stands. */
  #update({ step, stepInEpoch }: JobWork, nodes: readonly Accepted[]): boolean {
    const { memory, engine, sizes } = this.#options;
    memory.setTreeNodes(
      nodes.map(({ block }) => block),
      this.#slots.slotsOf(nodes),
    );
    for (let slice = 0; slice <= ROW_GROUPS; slice++) {
      if (!engine.updateSlice(step, nodes.length, sizes.batch(stepInEpoch), slice)) return false;
    }
    return true;
  }

  /** What came over sockets, of what was accepted. */
  #remote(nodes: readonly Accepted[]): Accepted[] {
    return nodes.filter(({ workerId }) => this.#members.members.get(workerId)?.connection !== null);
  }

  #evictAll(wrong: readonly Wrong[]): void {
    for (const { workerId, reason } of wrong) {
      this.#options.onEvent({ type: 'workerWrong', workerId, reason });
      this.#members.evict(workerId, 'nonFinite', reason);
    }
  }

  /** Has a step or an evaluation worked on. Null when it was given up. */
  async #work(work: JobWork, stopped = () => false): Promise<readonly Accepted[] | null> {
    if (this.#closed) return null;
    if (this.#localFailure !== null) throw this.#localFailure;
    const { onEvent, sizes, memory, step, signal } = this.#options;
    const job = new WorkJob(work, this.#firstAttempt, this.#members, () => signal.aborted || stopped(), {
      give: (member, attempt, blocks) => this.#give(member, work, attempt, blocks),
      keep: (node) => job.parts.keep(memory, node),
      release: (node) => this.#slots.release(node),
      onDropped: () => this.counts.droppedTreeNodes++,
      onReassigned: (shards) => {
        this.counts.reassignedShards += shards;
      },
      onEvent,
      late: step,
      imagesOf: (shard) => {
        const { first, end } = sizes.positions(work.stepInEpoch, shard);
        return memory.numbersAt(work.epoch, first, end);
      },
    });
    this.#job = job;
    try {
      job.start();
      return await job.done;
    } finally {
      this.#firstAttempt = job.nextAttempt;
      this.#job = null;
    }
  }

  #give(member: ClusterMember, work: JobWork, attempt: number, blocks: readonly BlockAddress[]): void {
    if (member.connection === null) {
      this.#localWork = this.#giveLocal(member, work, attempt, blocks).catch((error: Error) => {
        this.#localFailure = error;
        this.#job?.fail(error);
      });
      return;
    }
    const givingMs = performance.now();
    const { memory } = this.#options;
    const { epoch, step, stepInEpoch, split } = work;
    let payload = NO_BYTES;
    let sent: (() => void) | undefined;
    if (member.parameterStep !== step) {
      const address = bufferOf(memory.plan.parameters, step);
      ({ bytes: payload, sent } = this.#copies.take(
        step,
        memory.bytes.subarray(address, address + memory.plan.vectorBytes),
      ));
      member.parameterStep = step;
    }
    const task = { epoch, step, attempt, blocks, payload };
    member.connection.send(
      split === null ? { type: 'step', stepInEpoch, ...task } : { type: 'evaluate', split, ...task },
      sent,
    );
    this.#phases.gave(performance.now() - givingMs);
  }

  async #giveLocal(
    member: ClusterMember,
    work: JobWork,
    attempt: number,
    blocks: readonly BlockAddress[],
  ): Promise<void> {
    const { pool } = this.#options.local!;
    const { workerId, inflight } = member;
    const { step, epoch, stepInEpoch, split, samples } = work;
    const startedMs = performance.now();
    const slots = split === null ? blocks.map(() => this.#slots.take()) : [];
    if (split === null) await pool.compute({ epoch, step, stepInEpoch }, blocks, slots);
    else {
      for (const { first, end } of blocks.map(shardsOfBlock)) await pool.evaluateParts(split, step, epoch, first, end);
    }
    const { nowMs } = this.#members;
    this.#answered(member, {
      ...inflight!.measurement(nowMs),
      sampleCount: blocks.flatMap(shardList).reduce((sum, shard) => sum + samples[shard]!, 0),
      computeMs: performance.now() - startedMs,
    });
    if (this.#job?.work !== work) {
      this.counts.droppedTreeNodes += blocks.length;
      for (const slot of slots) this.#slots.giveBack(slot);
      this.#job?.handle({ type: 'idle', nowMs, workerId });
      return;
    }
    const job = this.#job;
    const nodes = blocks.map((block) => ({ block, workerId, attempt }));
    slots.forEach((slot, i) => {
      this.#slots.bind(nodes[i]!, slot);
    });
    const finite = nodes.map((node) => split !== null || this.#isFinite(node));
    nodes.forEach((node, i) => {
      job.handle({ type: 'tree-node', nowMs, finite: finite[i]!, ...node });
    });
  }

  #treeNode(member: ClusterMember, message: TreeNode): void {
    const { workerId } = member;
    const { step, attempt, level, index, payload } = message;
    const node = { block: { level, index }, workerId, attempt };
    const outstanding = owed(member);
    outstanding.answerBlock(message);
    const { nowMs } = this.#members;
    if (outstanding.done) this.#answered(member, outstanding.measurement(nowMs));
    if (this.#job?.isFor(outstanding.work)) {
      this.#slots.write(node, payload, message);
      this.#job.handle({ type: 'tree-node', nowMs, finite: this.#isFinite(node), ...node });
      return;
    }
    this.counts.droppedTreeNodes++;
    this.#options.onEvent({ type: 'workerLate', workerId, step });
    if (outstanding.done) this.#job?.handle({ type: 'idle', nowMs, workerId });
  }

  #evaluated(member: ClusterMember, message: Evaluated): void {
    const { workerId } = member;
    const outstanding = owed(member);
    outstanding.answerParts(message);
    const job = this.#job?.isFor(outstanding.work) ? this.#job : null;
    job?.parts.add(workerId, message.parts);
    if (!outstanding.done) return;
    const { nowMs } = this.#members;
    this.#answered(member, outstanding.measurement(nowMs));
    if (job === null) {
      this.#job?.handle({ type: 'idle', nowMs, workerId });
      return;
    }
    const { attempt } = outstanding.work;
    for (const block of outstanding.blocks) {
      job.handle({ type: 'tree-node', nowMs, workerId, attempt, block, finite: true });
    }
  }

  #isFinite(node: Accepted): boolean {
    const finite = this.#slots.isFinite(node);
    if (!finite) this.counts.nonFiniteShards += 2 ** node.block.level;
    return finite;
  }

  #answered(member: ClusterMember, measurement: Measurement): void {
    if (member.inflight?.work.split === null) {
      this.#phases.answered(measurement.computeMs);
      // this machine's threads keep books themselves
      if (member.connection !== null) {
        const { shardCount, sampleCount, computeMs } = measurement;
        this.#ledger.measured(member.workerId, shardCount, sampleCount, computeMs);
      }
    }
    member.inflight = null;
    // Everybody's first attempt is slow. Taken for its speed, a node that joins late would never be given work again, and so
    // never be measured again.
    this.#members.tell({ type: 'answered', workerId: member.workerId, measurement: member.warm ? measurement : null });
    member.warm = true;
    this.#members.answerGoodbye(member);
  }

  #localIsIdle(): boolean {
    return [...this.#members.members.values()].every(
      (member) => member.connection !== null || member.inflight === null,
    );
  }
}

/** What a worker that answers was asked for. */
function owed({ inflight }: ClusterMember): NonNullable<ClusterMember['inflight']> {
  if (inflight === null) throw new ProtocolError('unsolicited', 'an answer where nothing was asked for');
  return inflight;
}
