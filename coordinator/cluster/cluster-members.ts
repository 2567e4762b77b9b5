// Who takes part: this machine's own threads and the nodes that joined. It moves the membership machine by what happens on
// the connections and by the clock, carries out its effects, and passes on what concerns the step at hand.

import { setInterval as everyMs } from 'node:timers';
import { RepeatedWarnings } from '../../src/host/http/repeated-warnings.ts';
import type { StrangerLimits } from '../../src/host/http/stranger-limits.ts';
import type { ClusterEvent } from '../../src/run/cluster-event.ts';
import type { CloseName } from '../../src/wire/close-codes.ts';
import { checkIdentity, type Identity } from '../../src/wire/handshake.ts';
import { DATA_PIECE_BYTES } from '../../src/wire/limits.ts';
import type { AttemptFailed, Evaluated, NodeMessage, TreeNode, Welcome } from '../../src/wire/messages.ts';
import { ProtocolError } from '../../src/wire/protocol-error.ts';
import type { NodeMessageReader } from '../../src/wire/read-node-message.ts';
import { AttendedClock } from './attended-clock.ts';
import type { Inflight } from './inflight.ts';
import { Membership, type MembershipEffect, type MembershipEvent, type MembershipOptions } from './membership.ts';
import { NodeConnection } from './node-connection.ts';
import { evictionOf } from './node-ledger.ts';
import type { WebSocket } from './node-server.ts';

export interface ClusterMember {
  readonly workerId: number;
  readonly name: string;
  readonly threads: number;
  /** HOST:PORT of its own metrics, null if it has none. */
  readonly metricsAddress: string | null;
  /** null: the threads of this process. */
  readonly connection: NodeConnection | null;
  inflight: Inflight | null;
  /** The step whose parameters it was last sent. */
  parameterStep: number | null;
  /** It has answered an attempt: its threads run, its code is compiled. */
  warm: boolean;
  /** It asked for the dataset and was not sent all of it yet. */
  awaitsData: boolean;
}

/** What concerns the work; told after the membership machine has heard of it. */
export interface MemberHandlers {
  readonly onReady: (member: ClusterMember) => void;
  readonly onTreeNode: (member: ClusterMember, message: TreeNode) => void;
  readonly onEvaluated: (member: ClusterMember, message: Evaluated) => void;
  readonly onFailed: (member: ClusterMember, message: AttemptFailed) => void;
  readonly onGoodbye: (member: ClusterMember) => void;
  /** Before the membership machine forgets it; `name` is that of a close code of ours. */
  readonly onLeaving: (member: ClusterMember, reason: string, name: CloseName | undefined) => void;
  readonly onGone: (member: ClusterMember, reason: string) => void;
  readonly onTick: (nowMs: number) => void;
  readonly onPhase: (effect: MembershipEffect) => void;
}

export interface ClusterMembersOptions extends MembershipOptions {
  readonly strangers: StrangerLimits;
  readonly mostNodes: number;
  readonly identity: Identity;
  readonly read: NodeMessageReader;
  /** Everything of the welcome but who is welcomed. */
  readonly welcome: Omit<Welcome, 'type' | 'workerId'>;
  /** The dataset's bytes, made when the first node asks for them. */
  readonly datasetBytes: () => Uint8Array;
  readonly onTraffic: (direction: 'received' | 'sent', bytes: number) => void;
  readonly onEvent: (event: ClusterEvent) => void;
}

const TICK_MS = 250;
// heartbeat timeouts in which something of what waits must go out: a slow link is not a dead one, which falls silent first
const READING_PATIENCE = 3;
// of the dataset, given to a connection at a time
const DATA_AHEAD_BYTES = 1024 * 1024;

export class ClusterMembers {
  readonly #options: ClusterMembersOptions;
  readonly #handlers: MemberHandlers;
  readonly #membership: Membership;
  readonly #clock = new AttendedClock({ longestGapMs: 1_000 });
  readonly #members = new Map<number, ClusterMember>();
  readonly #connections = new Set<NodeConnection>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #turnedAway: RepeatedWarnings<ClusterEvent & { type: 'turnedAway' }>;
  #closing = false;

  constructor(options: ClusterMembersOptions, handlers: MemberHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#membership = new Membership(options);
    this.#turnedAway = new RepeatedWarnings(options.strangers, (count, last) => ({ ...last, count }));
    this.#timers.push(
      everyMs(() => this.#tick(), TICK_MS),
      everyMs(() => this.#heartbeat(), options.welcome.heartbeatIntervalMs),
    );
  }

  /** Attended time. */
  get nowMs(): number {
    return this.#clock.read(performance.now());
  }

  get membership(): Membership {
    return this.#membership;
  }

  get members(): ReadonlyMap<number, ClusterMember> {
    return this.#members;
  }

  /** Nodes that may be given work. */
  get hasNodes(): boolean {
    for (const { connection } of this.#members.values()) if (connection?.state === 'member') return true;
    return false;
  }

  start(): void {
    this.tell({ type: 'started', nowMs: this.nowMs });
  }

  /** This process's own threads: a member that needs no welcome. */
  addLocal(threads: number): ClusterMember {
    const member = this.#join('this machine', threads, null, null);
    this.#ready(member);
    return member;
  }

  /** A WebSocket was opened; `greeted` is called when a good hello has come. */
  add(socket: WebSocket, address: string, greeted: () => void): void {
    let member: ClusterMember | null = null;
    const connection: NodeConnection = new NodeConnection(socket, address, this.#options.read, {
      onTraffic: this.#options.onTraffic,
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
    const deadline = setTimeout(
      () => connection.close('handshakeTimeout', `no hello within ${patienceMs} ms`),
      patienceMs,
    );
    this.#connections.add(connection);
  }

  /** Moves the membership machine and carries out what it decides. */
  tell(event: MembershipEvent): void {
    for (const effect of this.#membership.handle(event)) this.#carryOut(effect);
  }

  evict(workerId: number, name: CloseName, reason: string): void {
    const member = this.#members.get(workerId);
    if (member?.connection === null) this.#options.onEvent({ type: 'threadsWrong', code: name, reason });
    else member?.connection.close(name, reason);
  }

  /** Tells every node why it ends, and stops the clocks. */
  close(name: CloseName, reason: string): void {
    this.#closing = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const connection of [...this.#connections]) connection.close(name, reason);
    this.#say(this.#turnedAway.rest(this.nowMs));
  }

  #say(events: readonly ClusterEvent[]): void {
    for (const event of events) this.#options.onEvent(event);
  }

  #greet(connection: NodeConnection, message: NodeMessage): ClusterMember {
    if (message.type !== 'hello') throw new ProtocolError('outOfOrder', `${message.type} before hello`);
    checkIdentity(message, this.#options.identity);
    const nodes = [...this.#members.values()].filter((member) => member.connection !== null).length;
    if (nodes >= this.#options.mostNodes) throw new ProtocolError('full', `${nodes} nodes are here already`);
    const { name, threads, metricsPort } = message;
    const metricsAddress = metricsPort === null ? null : withPort(connection.address, metricsPort);
    const member = this.#join(name, threads, connection, metricsAddress);
    connection.send({ type: 'welcome', workerId: member.workerId, ...this.#options.welcome });
    return member;
  }

  #hear(member: ClusterMember, connection: NodeConnection, message: NodeMessage): void {
    const { workerId } = member;
    this.tell({ type: 'heard', nowMs: this.nowMs, workerId });
    switch (message.type) {
      case 'hello':
        throw new ProtocolError('outOfOrder', 'hello came twice');
      case 'need-data':
        member.awaitsData = true;
        return this.#sendData(member, connection, this.#options.datasetBytes(), 0);
      case 'ready':
        if (member.awaitsData) throw new ProtocolError('outOfOrder', 'ready before the last piece of the dataset');
        return this.#ready(member);
      case 'heartbeat':
        return;
      case 'tree-node':
        return this.#handlers.onTreeNode(member, message);
      case 'evaluated':
        return this.#handlers.onEvaluated(member, message);
      case 'attempt-failed':
        return this.#handlers.onFailed(member, message);
      case 'goodbye':
        this.tell({ type: 'goodbye', workerId, reason: message.reason });
        this.#handlers.onGoodbye(member);
        return this.answerGoodbye(member);
    }
  }

  /** A node that leaves is let go when it has answered what it holds. */
  answerGoodbye(member: ClusterMember): void {
    const { connection, inflight } = member;
    if (connection?.state === 'leaving' && inflight === null) {
      connection.send({ type: 'goodbye', reason: 'you leave' });
    }
  }

  #join(
    name: string,
    threads: number,
    connection: NodeConnection | null,
    metricsAddress: string | null,
  ): ClusterMember {
    let workerId = 0;
    for (const effect of this.#membership.handle({
      type: 'joining',
      nowMs: this.nowMs,
      name,
      threads,
      remote: connection !== null,
    })) {
      if (effect.type === 'joined') workerId = effect.workerId;
    }
    const member: ClusterMember = {
      workerId,
      name,
      threads,
      metricsAddress,
      connection,
      inflight: null,
      parameterStep: null,
      warm: false,
      awaitsData: false,
    };
    this.#members.set(workerId, member);
    return member;
  }

  #ready(member: ClusterMember): void {
    const { workerId, connection, name, threads } = member;
    if (connection !== null) {
      this.#options.onEvent({ type: 'workerJoined', workerId, name, address: connection.address, threads });
    }
    this.tell({ type: 'ready', nowMs: this.nowMs, workerId });
    this.#handlers.onReady(member);
  }

  #gone(member: ClusterMember, reason: string, closed: CloseName | undefined): void {
    const { workerId, name } = member;
    this.#handlers.onLeaving(member, reason, closed);
    this.#members.delete(workerId);
    this.#options.onEvent({ type: 'workerLost', workerId, name, eviction: evictionOf(closed), reason });
    this.tell({ type: 'gone', workerId, reason });
    this.#handlers.onGone(member, reason);
  }

  #carryOut(effect: MembershipEffect): void {
    if (effect.type === 'evict') this.evict(effect.workerId, 'heartbeatTimeout', effect.reason);
    // that nobody is left at the end is no pause
    else if (!this.#closing) this.#handlers.onPhase(effect);
  }

  /** One piece after the other, as fast as the node takes them. */
  #sendData(member: ClusterMember, connection: NodeConnection, bytes: Uint8Array, offset: number): void {
    let at = offset;
    while (at < bytes.length && connection.waitingBytes < DATA_AHEAD_BYTES) {
      const piece = bytes.subarray(at, at + DATA_PIECE_BYTES);
      const next = at + piece.length;
      const pause = connection.waitingBytes + piece.length >= DATA_AHEAD_BYTES && next < bytes.length;
      connection.send(
        { type: 'data', offset: at, total: bytes.length, payload: piece },
        pause ? () => this.#connections.has(connection) && this.#sendData(member, connection, bytes, next) : undefined,
      );
      at = next;
      if (pause) return;
    }
    if (at >= bytes.length) member.awaitsData = false;
  }

  #tick(): void {
    const { nowMs } = this;
    this.tell({ type: 'tick', nowMs });
    const patienceMs = READING_PATIENCE * this.#options.heartbeatTimeoutMs;
    for (const connection of this.#connections) connection.checkReading(nowMs, patienceMs);
    this.#say(this.#turnedAway.due(nowMs));
    this.#handlers.onTick(nowMs);
  }

  #heartbeat(): void {
    for (const connection of this.#connections) {
      // what waits already shows that we are here, and must not grow
      if (['welcomed', 'loading', 'member', 'leaving'].includes(connection.state) && connection.waitingBytes === 0) {
        connection.send({ type: 'heartbeat' });
      }
    }
  }
}

/** Another port of the same machine. */
function withPort(address: string, port: number): string {
  return `${address.slice(0, address.lastIndexOf(':'))}:${port}`;
}
