// One connection of a node, from hello to its end: the remote side of PROTOCOL.md. It answers what it is asked; when to
// connect again is its caller's affair (node.ts).

import type { Dataset } from '../../src/data/dataset.ts';
import { isWideFault, messageOf } from '../../src/errors.ts';
import { lossText } from '../../src/run/event-text.ts';
import { counted } from '../../src/text/counted.ts';
import { type CloseName, closeCodes, closeReason } from '../../src/wire/close-codes.ts';
import { decodePieces } from '../../src/wire/codec.ts';
import { afterCoordinatorMessage, afterNodeMessage, type ConnectionState } from '../../src/wire/connection-state.ts';
import { asText } from '../../src/wire/fields.ts';
import { identityOf } from '../../src/wire/handshake.ts';
import { PARTS_IN_ANSWER, REASON_LENGTH } from '../../src/wire/limits.ts';
import type { CoordinatorMessage, Data, Evaluate, NodeMessage, Step, Welcome } from '../../src/wire/messages.ts';
import { ProtocolError } from '../../src/wire/protocol-error.ts';
import { readCoordinatorMessage } from '../../src/wire/read-coordinator-message.ts';
import { type Carrier, messagePieces, sendMessage } from '../../src/wire/write-message.ts';
import { ArrivingRun } from './arriving-run.ts';
import type { OpenSocket, WebSocket } from './dial.ts';
import type { KnownData } from './known-data.ts';
import { dataOf, type LaidRun, layNodeRun } from './laid-run.ts';
import type { NodeCounts } from './node-counts.ts';
import { NodeRun } from './node-run.ts';
import { hasWideVectors, type NodeWiring } from './node-wiring.ts';
import type { SpareMemory } from './spare-memory.ts';

export interface SessionOptions {
  readonly name: string;
  readonly threads: number;
  readonly engine: string;
  readonly selfTest: string;
  /** Port of this process's own metrics; null if there are none, or not where the coordinator sees them. */
  readonly metricsPort: number | null;
  /** Of the launch; null: no launcher started it. */
  readonly rank: number | null;
  readonly wiring: NodeWiring;
  /** Of this process, for one connection after the other. */
  readonly memories: SpareMemory;
  readonly log: (level: 'info' | 'warning', message: string) => void;
  readonly counts?: NodeCounts;
}

/** How a connection ended. */
export interface SessionEnd {
  /** A close code of ours, or of the WebSocket protocol. */
  readonly code: number;
  /** Who closed; a code of ours means nothing from the end that may not send it. */
  readonly byNode: boolean;
  readonly reason: string;
  /** Of a close of ours: what brought it about, in full. */
  readonly cause: unknown;
  /** It had become a member. */
  readonly joined: boolean;
  readonly shardsDone: number;
  readonly samplesDone: number;
  /** With which exit code the coordinator's process ends; null: it did not say. */
  readonly outcome: number | null;
}

const WELCOME_MS = 10_000;
const LEAVE_MS = 5_000;
// Whatever a coordinator asks for, a node does not flood it.
const LEAST_HEARTBEAT_MS = 10;

export class Session {
  readonly ended: Promise<SessionEnd>;
  readonly #socket: WebSocket;
  readonly #carrier: Carrier;
  readonly #options: SessionOptions;
  readonly #data: KnownData;
  readonly #timers = new Set<NodeJS.Timeout>();
  #state: ConnectionState = 'greeting';
  #welcome: Welcome | null = null;
  #run: NodeRun | null = null;
  #arriving: ArrivingRun | null = null;
  #parameterStep: number | null = null;
  #busy = false;
  #joined = false;
  #shardsDone = 0;
  #samplesDone = 0;
  #outcome: number | null = null;
  #wideChecks = 0;
  #heardMs = performance.now();
  /** What we closed with; the other end may not have heard it. */
  #closedWith: { code: number; reason: string; cause?: unknown } | null = null;

  constructor({ socket, carrier }: OpenSocket, data: KnownData, options: SessionOptions) {
    this.#socket = socket;
    this.#carrier = carrier;
    this.#data = data;
    this.#options = options;
    this.ended = new Promise((resolve) => {
      socket.once('close', (code: number, reason: Buffer) => {
        for (const timer of this.#timers) clearInterval(timer);
        options.counts?.left();
        const told = this.#closedWith ?? { code, reason: closeReason(reason.toString()) };
        const end = {
          code: told.code,
          byNode: this.#closedWith !== null,
          reason: told.reason,
          cause: this.#closedWith?.cause,
          joined: this.#joined,
          shardsDone: this.#shardsDone,
          samplesDone: this.#samplesDone,
          outcome: this.#outcome,
        };
        void (this.#run?.close() ?? Promise.resolve()).then(() => resolve(end));
      });
    });
    socket.binaryType = 'fragments';
    socket.on('message', (data: Buffer | Buffer[], isBinary: boolean) => this.#receive(data, isBinary));
    this.#timers.add(
      setTimeout(() => {
        if (this.#welcome === null) this.#close('handshakeTimeout', `no welcome within ${WELCOME_MS} ms`);
      }, WELCOME_MS),
    );
    const { name, threads, engine, selfTest, metricsPort, rank, wiring } = options;
    this.#send({
      type: 'hello',
      ...identityOf(wiring.programVersion, engine, selfTest),
      name,
      threads,
      wide: hasWideVectors(engine, wiring),
      metricsPort,
      rank,
    });
  }

  /** Finishes what it computes, says goodbye and ends; at the latest after 5 s. */
  leave(reason: string): void {
    if (this.#state === 'leaving' || this.#closedWith !== null) return;
    this.#timers.add(setTimeout(() => this.#close('leaving', reason), LEAVE_MS));
    if (this.#state === 'greeting' || this.#state === 'greeted') this.#close('leaving', reason);
    else this.#send({ type: 'goodbye', reason });
  }

  /** `data`: a text, or the pieces of a binary message. */
  #receive(data: Buffer | Buffer[], isBinary: boolean): void {
    if (this.#closedWith !== null) return;
    this.#heardMs = performance.now();
    try {
      if (!isBinary || !Array.isArray(data)) throw new ProtocolError('malformed', 'a text message');
      const message = readCoordinatorMessage(decodePieces(data), {
        valueCount: this.#welcome?.valueCount ?? null,
        parameterStep: this.#parameterStep,
        dataBytes: this.#welcome?.dataBytes ?? 0,
        dataReceived: this.#arriving?.bytes ?? 0,
      });
      this.#state = afterCoordinatorMessage(this.#state, message.type);
      this.#answer(message);
    } catch (error) {
      this.#closeFor(error);
    }
  }

  #answer(message: CoordinatorMessage): void {
    switch (message.type) {
      case 'welcome':
        return this.#prepare(message);
      case 'data':
        return this.#takeData(message);
      case 'step':
      case 'evaluate':
        if (this.#busy) throw new ProtocolError('outOfOrder', `${message.type} before the last answer has gone out`);
        this.#busy = true;
        this.#parameterStep = message.step;
        this.#compute(message).catch((error) => this.#closeFor(error));
        return;
      case 'heartbeat':
        return;
      case 'goodbye':
        return this.#close('leaving', message.reason);
      case 'outcome':
        this.#outcome = message.exitCode;
        return;
      default:
        message satisfies never;
    }
  }

  #prepare(welcome: Welcome): void {
    this.#welcome = welcome;
    const interval = setInterval(
      () => {
        const silentMs = performance.now() - this.#heardMs;
        if (silentMs > welcome.coordinatorTimeoutMs) {
          this.#close('heartbeatTimeout', `the coordinator was silent for ${Math.round(silentMs)} ms`);
          this.#socket.terminate();
        } else if (this.#socket.bufferedAmount === 0) {
          this.#send({ type: 'heartbeat' });
        }
      },
      Math.max(LEAST_HEARTBEAT_MS, welcome.heartbeatIntervalMs),
    );
    this.#timers.add(interval);
    const data = this.#data.get(welcome.dataDigest);
    if (data !== null) {
      const laid = layNodeRun(welcome, data, data, this.#options);
      return this.#becomeReady(welcome, laid, dataOf(laid, data));
    }
    this.#options.log('info', `receiving the dataset, ${(welcome.dataBytes / 2 ** 20).toFixed(1)} MiB`);
    this.#arriving = new ArrivingRun(welcome, this.#options);
    this.#send({ type: 'need-data' });
  }

  #takeData({ payload }: Data): void {
    const arrived = this.#arriving!.add(payload);
    if (arrived !== null && this.#state === 'loading') this.#becomeReady(this.#welcome!, arrived.laid, arrived.data);
  }

  #becomeReady(welcome: Welcome, laid: LaidRun, data: Dataset): void {
    const { engine, threads, wiring, memories, log } = this.#options;
    const onLoss = (thread: number, reason: string) => log('warning', lossText(thread, reason));
    this.#run = new NodeRun(laid, wiring, memories, onLoss);
    this.#data.moved(welcome.dataDigest, data);
    this.#joined = true;
    this.#options.counts?.joined();
    const hands = `${counted(threads, 'thread')}${hasWideVectors(engine, wiring) ? ' and wide vectors' : ''}`;
    log('info', `joined run ${welcome.run} as worker ${welcome.workerId} with ${hands}`);
    this.#send({ type: 'ready' });
  }

  async #compute(message: Step | Evaluate): Promise<void> {
    const run = this.#run!;
    try {
      if (message.type === 'step') {
        const nodes = await run.step(message);
        this.#countChecks(run);
        const goneOut = () => {
          this.#busy = false;
        };
        nodes.forEach((node, i) => {
          this.#count(2 ** node.level, node.sampleCount);
          this.#send(node, i === nodes.length - 1 ? goneOut : undefined);
        });
      } else {
        const { parts, computeMs } = await run.evaluate(message);
        this.#busy = false;
        this.#countChecks(run);
        const { epoch, step, split, attempt } = message;
        for (let first = 0; first < parts.length; first += PARTS_IN_ANSWER) {
          const some = parts.slice(first, first + PARTS_IN_ANSWER);
          const share = (computeMs * some.length) / parts.length;
          this.#send({ type: 'evaluated', epoch, step, split, attempt, computeMs: share, parts: some });
        }
      }
    } catch (error) {
      if (error instanceof ProtocolError || isWideFault(error) || this.#closedWith !== null) throw error;
      const reason = messageOf(error);
      this.#send({ type: 'attempt-failed', attempt: message.attempt, reason: asText(reason, REASON_LENGTH) });
    }
  }

  #count(shards: number, samples: number): void {
    this.#shardsDone += shards;
    this.#samplesDone += samples;
    this.#options.counts?.answered(shards, samples);
  }

  #countChecks({ wideChecks }: NodeRun): void {
    this.#options.counts?.checked(wideChecks - this.#wideChecks);
    this.#wideChecks = wideChecks;
  }

  /**
   * A tree node is sent from the slot that it stands in. Nobody writes there until the next attempt, which is due when this one
   * was received whole; one that comes before it has gone out is out of order.
   */
  #send(message: NodeMessage, sent?: () => void): void {
    if (this.#closedWith !== null || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#state = afterNodeMessage(this.#state, message.type);
    sendMessage(this.#socket, this.#carrier, messagePieces(message), sent);
  }

  #closeFor(error: unknown): void {
    if (error instanceof ProtocolError) return this.#close(error.closeName, error.reason, error.cause);
    this.#close('internal', messageOf(error), error);
  }

  #close(name: CloseName, reason: string, cause?: unknown): void {
    if (this.#closedWith !== null) return;
    this.#closedWith = { code: closeCodes[name].code, reason: closeReason(reason), cause };
    this.#socket.close(this.#closedWith.code, this.#closedWith.reason);
  }
}
