// Training across threads of this machine and nodes that joined over WebSocket: an executor like the others, to the bit.
// A step goes out as parameters, comes back as tree nodes, and is committed on this thread.

import type { Engine, SplitName } from '../../src/engine.ts';
import { ExitCode } from '../../src/errors.ts';
import { numbersAt } from '../../src/kernels/batch-samples.ts';
import { ROW_GROUPS } from '../../src/kernels/kernels.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { ClusterEvent } from '../../src/run/cluster-event.ts';
import { workName } from '../../src/run/event-text.ts';
import type { Sums } from '../../src/sums.ts';
import { rootLevel } from '../../src/tree.ts';
import { sumParts } from '../executors/evaluation-sums.ts';
import type { Executor, LocalThreads, StepRange } from '../executors/executor.ts';
import { type AuditedRun, FalseAnswersError } from '../executors/false-answers.ts';
import { notFinite } from '../executors/not-finite.ts';
import type { ShardSizes } from '../executors/shard-sizes.ts';
import { type ExecutorStatus, noStatus, type Observer, type WorkerStatus } from '../executors/worker-status.ts';
import type { Accepted } from '../step/cover.ts';
import type { StepOptions } from '../step/step-events.ts';
import type { Audits } from './auditor.ts';
import { Authors } from './authors.ts';
import { numberedName } from './cluster-member.ts';
import type { ClusterMembersOptions } from './cluster-members.ts';
import { Dispatcher } from './dispatcher.ts';
import { NodeServer, type NodeServerOptions } from './node-server.ts';
import { Recount, type Wrong } from './recount.ts';
import type { JobWork } from './work-job.ts';

export interface SocketOptions {
  readonly memory: RunMemory;
  /** Commits steps on this thread. */
  readonly engine: Engine;
  /** This machine's threads; null with --threads 0. */
  readonly local: LocalThreads | null;
  readonly sizes: ShardSizes;
  readonly observer: Observer;
  /** When an attempt is late. */
  readonly late: StepOptions;
  readonly members: ClusterMembersOptions;
  /** null: no answer is audited. */
  readonly audits: Audits | null;
  readonly server: NodeServerOptions;
  /** Aborted when the run is asked to stop. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: ClusterEvent) => void;
}

export class SocketExecutor implements Executor {
  readonly #options: SocketOptions;
  readonly #server: NodeServer;
  readonly #authors = new Authors();
  readonly #dispatcher: Dispatcher;
  readonly #recount: Recount;
  #closed = false;

  /** @throws LockstepError when the certificate cannot be used */
  constructor(options: SocketOptions) {
    const { memory, engine } = options;
    this.#options = options;
    this.#dispatcher = new Dispatcher(options);
    const { members, slots } = this.#dispatcher;
    this.#server = new NodeServer(options.server, (socket, greeted) => members.add(socket, greeted));
    this.#recount = new Recount(memory, engine, slots);
  }

  /** Resolves when enough computing threads are there; throws 75 at the join timeout, or the signal's reason. */
  async start(): Promise<void> {
    const { signal, server, onEvent } = this.#options;
    await this.#server.listen();
    const { url, bound } = this.#server;
    onEvent({ type: 'listening', url, ...bound, tls: server.tls !== null, token: server.token !== null });
    const { members } = this.#dispatcher;
    members.start();
    await members.gate.ready(signal);
  }

  /** null: no answer is audited. */
  get audited(): AuditedRun | null {
    const { audits } = this.#options;
    if (audits === null) return null;
    return {
      cleanSteps: audits.machine.cleanSteps,
      wentBack: (step) => {
        audits.machine.handle({ type: 'went-back', step });
        this.#dispatcher.forgetParameters();
      },
    };
  }

  async train(range: StepRange): Promise<number> {
    const reached = await this.#trainRange(range);
    // while the order of this epoch stands in memory
    await this.#settleAudits(reached);
    return reached;
  }

  async #trainRange(range: StepRange): Promise<number> {
    const { local, memory } = this.#options;
    const { members } = this.#dispatcher;
    let step = range.from;
    while (step < range.to) {
      if (local !== null && !members.hasNodes && (members.local?.inflight ?? null) === null) {
        await this.#settleAudits(step);
        // nobody else is here: the threads need no coordinator between steps
        const stopped = () => range.stopped() || members.hasNodes;
        const root = { level: rootLevel(memory.plan.shape.shards), index: 0 };
        this.#tellAuthors(step, [{ block: root, workerId: members.local!.workerId }]);
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
    const { memory, sizes, signal } = this.#options;
    return await sumParts(memory, split, async (parts) => {
      if (parts === 0) return;
      const samples = Array.from({ length: parts }, (_, part) => sizes.part(split, part));
      const name = workName(step, split);
      const stopped = () => signal.aborted;
      const work = { epoch, step, stepInEpoch: 0, split, name, samples, stopped, imagesOf: () => [] };
      const done = await this.#work(work);
      if (done === null) {
        await this.#settleAudits(step);
        throw signal.reason ?? new Error('The executor was closed');
      }
      // what its threads still compute in vain would write to the places of the next evaluation
      await this.#dispatcher.localWork;
      this.#dispatcher.auditor?.ended(work, done);
      this.#evictAll(work, await this.#recount.parts(split, step, epoch, this.#remote(done)));
      await this.#settleAudits(step);
    });
  }

  status(): ExecutorStatus {
    const { members, counts, phases, auditor } = this.#dispatcher;
    const { workers, counts: own } = this.#options.local?.executor.status() ?? noStatus;
    const { local } = members;
    // all of this machine's threads are one worker
    const numbered = (thread: WorkerStatus) =>
      local === null ? thread : { ...thread, name: numberedName(local.workerId, thread.name) };
    return {
      workers: [...workers.map(numbered), ...members.status()],
      departures: members.departures.latest,
      counts: {
        ...noStatus.counts,
        ...counts,
        ...auditor?.counts,
        ...members.traffic,
        // those of commits among them, which no thread does here
        wideChecks: this.#options.memory.wideChecks,
        waitMs: own.waitMs + phases.waitMs,
        evictions: { ...own.evictions, ...members.departures.evictions },
      },
      waiting: members.gate.waiting,
    };
  }

  async close(exitCode: ExitCode): Promise<void> {
    this.#closed = true;
    this.#dispatcher.cancel();
    // at once: neither may have to wait for the other's patience
    await Promise.all([this.#closeNodes(exitCode), this.#options.local?.executor.close(exitCode)]);
  }

  async #closeNodes(exitCode: ExitCode): Promise<void> {
    const { members } = this.#dispatcher;
    if (exitCode === ExitCode.done) members.close('runOver', 'the run is over', exitCode);
    else members.close('shuttingDown', 'the coordinator was stopped', exitCode);
    await this.#server.close();
    this.#tellOfAudits();
    const { sentBytes, receivedBytes } = members.traffic;
    if (sentBytes === 0) return;
    this.#options.onEvent({ type: 'traffic', sentBytes, receivedBytes });
  }

  #tellOfAudits(): void {
    const { audits, onEvent } = this.#options;
    const { auditor, phases } = this.#dispatcher;
    if (audits === null || auditor === null) return;
    const { answers, audited, falseAnswers, auditMs } = auditor.counts;
    const [seconds, workerSeconds] = [auditMs / 1000, phases.computeMs / 1000];
    onEvent({ type: 'audits', share: audits.share, answers, audited, falseAnswers, seconds, workerSeconds });
  }

  #tellAuthors(step: number, nodes: readonly Pick<Accepted, 'block' | 'workerId'>[]): void {
    const changed = this.#authors.changed(nodes);
    if (changed !== null) this.#options.onEvent({ type: 'nodesComputed', step, nodes: changed });
  }

  /** False when it was given up: nothing was committed. */
  async #trainStep(range: StepRange, step: number): Promise<boolean> {
    const { memory, sizes, signal } = this.#options;
    const { members, phases, slots, auditor } = this.#dispatcher;
    const { epoch } = range;
    const stepInEpoch = step - range.epochStart;
    phases.begin();
    const work: JobWork = {
      epoch,
      step,
      stepInEpoch,
      split: null,
      name: workName(step, null),
      samples: sizes.shards(stepInEpoch),
      // a checkpoint waits for the step, but not for workers
      stopped: () => signal.aborted || (members.paused && range.stopped()),
      imagesOf: (shard) => {
        const { first, end } = sizes.positions(stepInEpoch, shard);
        return numbersAt(memory, epoch, first, end);
      },
    };
    const working = this.#work(work);
    // awaited below; what fails meanwhile is no fault of whoever awaits it later
    working.catch(() => undefined);
    // those of the step before, while the workers are at this one
    await this.#settleAudits(step);
    const accepted = await working;
    // a late answer may have been found false
    await this.#settleAudits(step);
    if (accepted === null) {
      // what was accepted is computed anew, and would else keep its slots until the step is committed
      slots.clear();
      auditor?.givenUp();
      return false;
    }
    phases.computed();
    memory.setStepScalars(step, range.scalars(step));
    if (!this.#update(work, accepted)) {
      // every tree node is finite: somebody's may be so large that the sum is not
      this.#evictAll(work, await this.#recount.blocks(work, this.#remote(accepted)));
      await this.#settleAudits(step);
      if (!this.#update(work, accepted)) throw notFinite(step);
    }
    memory.addTreeNodes(step, accepted.length);
    this.#tellAuthors(step, accepted);
    auditor?.ended(work, accepted);
    slots.clear();
    phases.committed();
    range.committed(step, memory.stepSums(step));
    return true;
  }

  /**
   * Computes what is to be computed of the last step, whose parameters and order stand in memory yet.
   * @throws FalseAnswersError when a worker was found whose answers are part of the run; then nothing is worked on
   */
  async #settleAudits(step: number): Promise<void> {
    const { auditor, slots } = this.#dispatcher;
    await auditor?.settle();
    const verdict = auditor?.verdict() ?? null;
    if (verdict === null) return;
    this.#dispatcher.cancel();
    await this.#dispatcher.localWork;
    slots.clear();
    auditor!.givenUp();
    throw new FalseAnswersError(verdict.step, step, verdict.reason);
  }

  /** Null when it was given up. */
  async #work(work: JobWork): Promise<readonly Accepted[] | null> {
    return this.#closed ? null : await this.#dispatcher.work(work);
  }

  /** Makes the state that the next step reads. False: not finite; it may be made again then, since this step's state stands. */
  #update({ step, stepInEpoch }: JobWork, accepted: readonly Accepted[]): boolean {
    const { memory, engine, sizes } = this.#options;
    memory.setTreeNodes(
      accepted.map(({ block }) => block),
      this.#dispatcher.slots.slotsOf(accepted),
    );
    const samples = sizes.batch(stepInEpoch);
    for (let slice = 0; slice <= ROW_GROUPS; slice++) {
      if (!engine.updateSlice(step, accepted.length, samples, slice)) return false;
    }
    return true;
  }

  /** What came over sockets, of what was accepted. */
  #remote(accepted: readonly Accepted[]): Accepted[] {
    return accepted.filter(({ workerId }) => this.#dispatcher.members.get(workerId)?.connection !== null);
  }

  #evictAll(work: JobWork, wrong: readonly Wrong[]): void {
    for (const { node, reason } of wrong) {
      const { workerId } = node;
      this.#dispatcher.auditor?.proven(work, node);
      this.#options.onEvent({ type: 'workerWrong', workerId, reason });
      this.#dispatcher.members.evict(workerId, 'nonFinite', reason);
    }
  }
}
