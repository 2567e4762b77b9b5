// One node's connection: bytes in, typed messages out, and the other way. It holds the connection's state and closes it
// with a code of its own when the node breaks the protocol. Knows nothing of steps and of who else takes part.

import type { ExitCode } from '../../src/errors.ts';
import { type CloseName, closeCodes, closeName, closeReason } from '../../src/wire/close-codes.ts';
import { decodePieces } from '../../src/wire/codec.ts';
import { afterCoordinatorMessage, afterNodeMessage, type ConnectionState } from '../../src/wire/connection-state.ts';
import type { CoordinatorMessage, NodeMessage } from '../../src/wire/messages.ts';
import { ProtocolError } from '../../src/wire/protocol-error.ts';
import type { NodeMessageReader } from '../../src/wire/read-node-message.ts';
import { type Carrier, messagePieces, sendMessage } from '../../src/wire/write-message.ts';
import type { OpenSocket, WebSocket } from './node-server.ts';

export interface ConnectionHandlers {
  /** May throw ProtocolError: the connection is closed with it. A payload holds until it returns. */
  readonly onMessage: (message: NodeMessage) => void;
  /** Once, whoever closed it and however; `name` is that of a close code of ours. */
  readonly onClose: (reason: string, name: CloseName | undefined) => void;
  readonly onTraffic: (direction: 'received' | 'sent', bytes: number) => void;
}

export class NodeConnection {
  /** host:port, for logs. */
  readonly address: string;
  /** That of its machine: without a port. */
  readonly host: string;
  readonly #socket: WebSocket;
  readonly #carrier: Carrier;
  readonly #read: NodeMessageReader;
  readonly #handlers: ConnectionHandlers;
  #state: ConnectionState = 'greeting';
  #closed = false;
  /** What waited to be sent at the last look, and since when none of it went. */
  #stuck: { bytes: number; sinceMs: number } | null = null;

  constructor({ socket, carrier, address, host }: OpenSocket, read: NodeMessageReader, handlers: ConnectionHandlers) {
    this.address = address;
    this.host = host;
    this.#socket = socket;
    this.#carrier = carrier;
    this.#read = read;
    this.#handlers = handlers;
    socket.binaryType = 'fragments';
    socket.on('message', (data: Buffer | Buffer[], isBinary: boolean) => this.#receive(data, isBinary));
    socket.on('close', (code: number, reason: Buffer) => {
      const text = closeReason(reason.toString());
      const what = code === 1006 ? 'the connection was lost' : `closed with ${code}${text === '' ? '' : `, ${text}`}`;
      this.#end(what, closeName(code, 'node'));
    });
    // ws closes the socket itself after an error; `close` follows
    socket.on('error', () => undefined);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Bytes that were given to the connection and have not gone out. */
  get waitingBytes(): number {
    return this.#socket.bufferedAmount;
  }

  get isOpen(): boolean {
    return !this.#closed;
  }

  /** A sign of life, unless what waits to be sent is one already: it must not grow. */
  beat(): void {
    if (this.#state === 'greeting' || this.#state === 'greeted' || this.waitingBytes > 0) return;
    this.send({ type: 'heartbeat' });
  }

  /** `sent` is called when the bytes have gone out, or never will. The payload must stay as it is until then. */
  send(message: CoordinatorMessage, sent?: () => void): void {
    if (this.#closed) {
      sent?.();
      return;
    }
    this.#state = afterCoordinatorMessage(this.#state, message.type);
    const pieces = messagePieces(message);
    this.#handlers.onTraffic('sent', pieces.head.length + (pieces.payload?.length ?? 0));
    sendMessage(this.#socket, this.#carrier, pieces, sent);
  }

  close(name: CloseName, reason: string): void {
    if (this.#closed) return;
    this.#socket.close(closeCodes[name].code, closeReason(reason));
    // who does not read would not see the close frame either
    if (name === 'notReading' || name === 'heartbeatTimeout') this.#socket.terminate();
    this.#end(`${name}: ${reason}`, name);
  }

  /** The coordinator's process ends with this code. */
  finish(name: CloseName, reason: string, exitCode: ExitCode): void {
    if (this.#state !== 'greeting') this.send({ type: 'outcome', exitCode });
    this.close(name, reason);
  }

  /** To be called now and then: has a node that is sent something stopped reading? Heartbeats do not show that. */
  checkReading(nowMs: number, patienceMs: number): void {
    const bytes = this.#socket.bufferedAmount;
    if (bytes === 0 || bytes !== this.#stuck?.bytes) this.#stuck = bytes === 0 ? null : { bytes, sinceMs: nowMs };
    else if (nowMs - this.#stuck.sinceMs > patienceMs) {
      this.close('notReading', `${bytes} bytes wait to be sent since ${Math.round(nowMs - this.#stuck.sinceMs)} ms`);
    }
  }

  /** `data`: a text, or the pieces of a binary message. */
  #receive(data: Buffer | Buffer[], isBinary: boolean): void {
    if (this.#closed) return;
    const pieces = Array.isArray(data) ? data : [data];
    this.#handlers.onTraffic(
      'received',
      pieces.reduce((sum, { length }) => sum + length, 0),
    );
    try {
      if (!isBinary || !Array.isArray(data)) throw new ProtocolError('malformed', 'a text message');
      const message = this.#read(decodePieces(data));
      this.#state = afterNodeMessage(this.#state, message.type);
      this.#handlers.onMessage(message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.close(error.closeName, error.reason);
    }
  }

  #end(reason: string, name: CloseName | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handlers.onClose(reason, name);
  }
}
