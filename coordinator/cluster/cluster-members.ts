// Who takes part: this machine's own threads and the nodes that joined. It moves the membership machine by what happens on
// the connections and by the clock, carries out its effects, and passes on what concerns the work.

import { setInterval as everyMs } from 'node:timers';
import type { ExitCode } from '../../src/errors.ts';
import { withPort } from '../../src/host/http/remote-address.ts';
import { RepeatedWarnings } from '../../src/host/http/repeated-warnings.ts';
import type { StrangerLimits } from '../../src/host/http/stranger-limits.ts';
import type { ClusterEvent } from '../../src/run/cluster-event.ts';
import type { CloseName } from '../../src/wire/close-codes.ts';
import type { DatasetBytes } from '../../src/wire/dataset-bytes.ts';
import { checkIdentity, checkRank, type Identity } from '../../src/wire/handshake.ts';
import type { NodeMessage, Welcome } from '../../src/wire/messages.ts';
import { ProtocolError } from '../../src/wire/protocol-error.ts';
import type { NodeMessageReader } from '../../src/wire/read-node-message.ts';
import type { WorkerStatus } from '../executors/worker-status.ts';
import type { LinkOptions } from '../step/parameter-form.ts';
import type { Measurement, WorkerSpeed } from '../step/speed.ts';
import { AttendedClock } from './attended-clock.ts';
import { ClusterMember, freeRank, type MemberFacts, type MemberWork } from './cluster-member.ts';
import { Departures, evictionOf } from './departures.ts';
import type { Inflight } from './inflight.ts';
import { Membership, type MembershipEvent, type MembershipOptions } from './membership.ts';
import { NodeConnection } from './node-connection.ts';
import type { OpenSocket } from './node-server.ts';
import { RunGate } from './run-gate.ts';

export interface ClusterMembersOptions extends MembershipOptions {
  /** This process's own; 0: they do not take part. */
  readonly localThreads: number;
  /** Whether they have wide vectors. */
  readonly localWide: boolean;
  readonly strangers: StrangerLimits;
  readonly mostNodes: number;
  readonly measured: (clocked: Measurement) => Measurement;
  readonly link: LinkOptions;
  readonly identity: Identity;
  /** Why who has this name or comes from there takes no part; null: nothing speaks against it. */
  readonly refusal: (name: string, host: string) => string | null;
  readonly read: NodeMessageReader;
  /** Everything of the welcome but who is welcomed. */
  readonly welcome: Omit<Welcome, 'type' | 'workerId'>;
  readonly datasetBytes: DatasetBytes;
  readonly onEvent: (event: ClusterEvent) => void;
}

const TICK_MS = 250;
// heartbeat timeouts in which something of what waits must go out: a slow link is not a dead one, which falls silent first
const READING_PATIENCE = 3;

export class ClusterMembers {
  readonly gate: RunGate;
  readonly departures = new Departures();
  /** Of all connections. */
  readonly traffic = { sentBytes: 0, receivedBytes: 0 };
  readonly #options: ClusterMembersOptions;
  readonly #work: MemberWork;
  readonly #membership: Membership;
  readonly #clock = new AttendedClock({ longestGapMs: 1_000 });
  /** The book of who is here; the machine has the same numbers, and what it decides by. */
  readonly #members = new Map<number, ClusterMember>();
  #nextWorkerId = 1;
  readonly #connections = new Set<NodeConnection>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #turnedAway: RepeatedWarnings<ClusterEvent & { type: 'turnedAway' }>;
  #closing = false;

  constructor(options: ClusterMembersOptions, work: MemberWork) {
    this.#options = options;
    this.#work = work;
    this.gate = new RunGate(options.onEvent);
    this.#membership = new Membership(options);
    this.#turnedAway = new RepeatedWarnings(options.strangers, (count, last) => ({ ...last, count }));
  }

  /** Attended time. */
  get nowMs(): number {
    return this.#clock.read(performance.now());
  }

  get paused(): boolean {
    return this.#membership.phase === 'paused';
  }

  /** Nodes that may be given work. */
  get hasNodes(): boolean {
    for (const { connection } of this.#members.values()) if (connection?.state === 'member') return true;
    return false;
  }

  get(workerId: number): ClusterMember | undefined {
    return this.#members.get(workerId);
  }

  /** This machine's own threads; null where they do not take part. */
  get local(): ClusterMember | null {
    for (const member of this.#members.values()) if (member.connection === null) return member;
    return null;
  }

  /** Everybody who may be given work, now or when idle again. */
  speeds(): WorkerSpeed[] {
    return this.#membership.speeds();
  }

  /** The run stands where it stood before: the number of a step says no longer which parameters somebody has. */
  forgetParameters(): void {
    for (const member of this.#members.values()) member.forgetParameters();
  }

  /** Those who still owe an answer. */
  busy(): ClusterMember[] {
    return [...this.#members.values()].filter(({ inflight }) => inflight !== null);
  }

  status(): WorkerStatus[] {
    return this.#nodes().map((member) => this.#statusOf(member));
  }

  /** This process's own threads join, without a welcome, and the clocks run. */
  start(): void {
    const { localThreads, localWide: wide, welcome } = this.#options;
    this.#timers.push(
      everyMs(() => this.#tick(), TICK_MS),
      everyMs(() => {
        for (const connection of this.#connections) connection.beat();
      }, welcome.heartbeatIntervalMs),
    );
    const own = { name: 'this machine', threads: localThreads, wide, metricsAddress: null, connection: null };
    if (localThreads > 0) this.#ready(this.#join(own));
    this.#tell({ type: 'started', nowMs: this.nowMs });
  }

  /** A WebSocket was opened; `greeted` is called when a good hello has come. */
  add(socket: OpenSocket, greeted: () => void): void {
    const { address } = socket;
    let member: ClusterMember | null = null;
    const connection: NodeConnection = new NodeConnection(socket, this.#options.read, {
      onTraffic: (direction, bytes) => {
        this.traffic[direction === 'sent' ? 'sentBytes' : 'receivedBytes'] += bytes;
      },
      onMessage: (message) => {
        if (member === null) {
          clearTimeout(deadline);
          member = this.#greet(connection, message);
          greeted();
        } else {
          this.#hear(member, connection, message);
        }
      },
      onClose: (reason, name) => {
        clearTimeout(deadline);
        this.#connections.delete(connection);
        if (member !== null) this.#gone(member, reason, name);
        else this.#say(this.#turnedAway.add({ type: 'turnedAway', address, reason, count: 0 }, this.nowMs));
      },
    });
    const { patienceMs } = this.#options.strangers;
    const late = () => connection.close('handshakeTimeout', `no hello within ${patienceMs} ms`);
    const deadline = setTimeout(late, patienceMs);
    this.#connections.add(connection);
  }

  give(member: ClusterMember, inflight: Inflight): void {
    member.give(inflight);
    this.#tell({ type: 'given-work', workerId: member.workerId });
  }

  /** A worker has answered all that it was given; one that leaves is let go. */
  settle(member: ClusterMember, clocked: Measurement): void {
    const measurement = member.settle(this.#options.measured(clocked), clocked);
    this.#tell({ type: 'answered', workerId: member.workerId, measurement });
    this.#answerGoodbye(member);
  }

  evict(workerId: number, name: CloseName, reason: string): void {
    const member = this.#members.get(workerId);
    if (member?.connection === null) this.#options.onEvent({ type: 'threadsWrong', code: name, reason });
    else member?.connection.close(name, reason);
  }

  /** Tells every node why and how it ends, and stops the clocks. */
  close(name: CloseName, reason: string, exitCode: ExitCode): void {
    this.#closing = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const connection of [...this.#connections]) connection.finish(name, reason, exitCode);
    this.#say(this.#turnedAway.rest(this.nowMs));
  }

  #nodes(): ClusterMember[] {
    return [...this.#members.values()].filter(({ connection }) => connection !== null);
  }

  #statusOf(member: ClusterMember): WorkerStatus {
    const known = this.#membership.members.get(member.workerId);
    if (known === undefined) return member.status('leaving', null);
    return member.status(known.phase, Math.max(0, this.nowMs - known.heardAtMs));
  }

  #say(events: readonly ClusterEvent[]): void {
    for (const event of events) this.#options.onEvent(event);
  }

  /** Moves the membership machine and carries out what it decides. */
  #tell(event: MembershipEvent): void {
    for (const effect of this.#membership.handle(event)) {
      if (effect.type === 'evict') this.evict(effect.workerId, 'heartbeatTimeout', effect.reason);
      // that nobody is left at the end is no pause
      else if (!this.#closing) this.gate.move(effect);
    }
  }

  #greet(connection: NodeConnection, message: NodeMessage): ClusterMember {
    if (message.type !== 'hello') throw new ProtocolError('outOfOrder', `${message.type} before hello`);
    checkIdentity(message, this.#options.identity);
    const refusal = this.#options.refusal(message.name, connection.host);
    if (refusal !== null) throw new ProtocolError('falseAnswer', refusal);
    const nodes = this.#nodes().length;
    if (nodes >= this.#options.mostNodes) throw new ProtocolError('full', `${nodes} nodes are here already`);
    const { name, threads, wide, metricsPort, rank } = message;
    const metricsAddress = metricsPort === null ? null : withPort(connection.address, metricsPort);
    checkRank(rank, this.#options.launchSize ?? 0);
    const member = this.#join({ name, threads, wide, metricsAddress, connection }, rank);
    connection.send({ type: 'welcome', workerId: member.workerId, ...this.#options.welcome });
    return member;
  }

  #hear(member: ClusterMember, connection: NodeConnection, message: NodeMessage): void {
    const { workerId } = member;
    this.#tell({ type: 'heard', nowMs: this.nowMs, workerId });
    switch (message.type) {
      case 'hello':
        throw new ProtocolError('outOfOrder', 'hello came twice');
      case 'need-data':
        return member.sendData(connection, this.#options.datasetBytes);
      case 'ready':
        if (member.awaitsData) throw new ProtocolError('outOfOrder', 'ready before the last piece of the dataset');
        return this.#ready(member);
      case 'heartbeat':
        return;
      case 'tree-node':
      case 'evaluated':
      case 'attempt-failed':
        return this.#work.answered(member, message);
      case 'goodbye':
        this.#tell({ type: 'goodbye', workerId, reason: message.reason });
        this.#work.changed({ type: 'goodbye', workerId });
        return this.#answerGoodbye(member);
      default:
        message satisfies never;
    }
  }

  /** A node that leaves is let go when it has answered what it holds. */
  #answerGoodbye({ connection, inflight }: ClusterMember): void {
    if (connection?.state === 'leaving' && inflight === null) connection.send({ type: 'goodbye', reason: 'you leave' });
  }

  #join(who: Omit<MemberFacts, 'workerId' | 'rank'>, launchRank: number | null = null): ClusterMember {
    const workerId = this.#nextWorkerId++;
    const remote = who.connection !== null;
    this.#tell({ type: 'joining', nowMs: this.nowMs, workerId, threads: who.threads, remote, rank: launchRank });
    const { localThreads, link } = this.#options;
    const member = new ClusterMember({ workerId, rank: freeRank(this.#nodes(), localThreads), ...who }, link);
    this.#members.set(workerId, member);
    return member;
  }

  #ready(member: ClusterMember): void {
    const { workerId, connection, facts } = member;
    const { name, threads, wide } = facts;
    const [address, nowMs] = [connection?.address ?? null, this.nowMs];
    this.#options.onEvent({ type: 'workerJoined', workerId, name, address, threads, wide });
    this.#tell({ type: 'ready', nowMs, workerId });
    const worker = this.speeds().find((speed) => speed.workerId === workerId);
    if (worker !== undefined) this.#work.changed({ type: 'joined', nowMs, worker });
  }

  #gone(member: ClusterMember, reason: string, closed: CloseName | undefined): void {
    const { workerId, facts } = member;
    // before the membership machine forgets it
    const eviction = evictionOf(closed);
    this.departures.add(this.#statusOf(member), eviction, reason);
    this.#members.delete(workerId);
    this.#options.onEvent({ type: 'workerLost', workerId, name: facts.name, eviction, reason });
    this.#tell({ type: 'gone', workerId, reason });
    this.#work.changed({ type: 'lost', nowMs: this.nowMs, workerId, reason });
  }

  #tick(): void {
    const { nowMs } = this;
    this.#tell({ type: 'tick', nowMs });
    const patienceMs = READING_PATIENCE * this.#options.heartbeatTimeoutMs;
    for (const connection of this.#connections) connection.checkReading(nowMs, patienceMs);
    this.#say(this.#turnedAway.due(nowMs));
    this.#work.ticked(nowMs);
  }
}
