// Where nodes come in: an HTTP(S) server that upgrades to WebSocket whom upgrade.ts accepts. The door to ws on this side.
// Knows the connection's opening (PROTOCOL.md, section 1), not what is said on it.

import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { LockstepError } from '../../src/errors.ts';
import { codeOf, ioReason, listenCodeOf } from '../../src/host/files/io-reason.ts';
import { HttpDoor } from '../../src/host/http/http-door.ts';
import { addressGroup, addressText } from '../../src/host/http/remote-address.ts';
import type { StrangerLimits } from '../../src/host/http/stranger-limits.ts';
import type { Token } from '../../src/wire/auth.ts';
import { PROXIED_AUTHORIZATION_HEADER, REFUSAL_HEADER } from '../../src/wire/auth-headers.ts';
import { largestMessageBytes } from '../../src/wire/limits.ts';
import { NonceBook } from '../../src/wire/nonces.ts';
import { judgeUpgrade, type UpgradePolicy } from './upgrade.ts';

export type { WebSocket } from 'ws';

export interface NodeServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** So many are tried, from `port` on, where one is taken; without it that one alone. */
  readonly ports?: number;
  readonly token: Token | null;
  readonly allowedOrigins: readonly string[];
  /** PEM; null: ws:// instead of wss://. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  readonly engine: string;
  readonly valueCount: number;
  readonly strangers: StrangerLimits;
}

export interface OpenSocket {
  readonly socket: WebSocket;
  /** The TCP or TLS socket under it. */
  readonly carrier: Socket;
  /** host:port, for logs. */
  readonly address: string;
  /** What all connections from there have in common. */
  readonly host: string;
}

/** Told of every WebSocket that was opened; it calls `greeted` when a good hello has come. */
export type OnNode = (socket: OpenSocket, greeted: () => void) => void;

// A message comes in a few frames; a frame comes in pieces of what TCP delivers, which may be small.
const MOST_FRAGMENTS = 16;
const MOST_CHUNKS = 65_536;
const CLOSE_MS = 2_000;
/** RFC 6455, section 7.4.1. */
const MESSAGE_TOO_BIG = 1009;

export class NodeServer {
  readonly #door: HttpDoor;
  readonly #sockets: WebSocketServer;
  readonly #policy: UpgradePolicy;
  readonly #options: NodeServerOptions;
  readonly #onNode: OnNode;

  /** @throws LockstepError when the certificate cannot be used */
  constructor(options: NodeServerOptions, onNode: OnNode) {
    const { token, allowedOrigins, engine, tls, strangers: limits } = options;
    this.#options = options;
    this.#onNode = onNode;
    this.#policy = { token, engine, allowedOrigins: new Set(allowedOrigins), nonces: new NonceBook(randomBytes(32)) };
    this.#door = openDoor(limits, tls);
    const socketLimits = {
      noServer: true,
      perMessageDeflate: false,
      clientTracking: true,
      maxPayload: largestMessageBytes(options.valueCount),
      maxFragments: MOST_FRAGMENTS,
      maxBufferedChunks: MOST_CHUNKS,
      closeTimeout: CLOSE_MS,
    };
    // a variable, since @types/ws does not know closeTimeout yet
    this.#sockets = new WebSocketServer(socketLimits);
    this.#door.server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Resolves when the server listens. */
  async listen(): Promise<void> {
    const { host, port, ports = 1 } = this.#options;
    const last = Math.min(port + ports - 1, 65_535);
    try {
      await this.#listenFrom(host, port, last);
    } catch (cause) {
      const taken = codeOf(cause) === 'EADDRINUSE';
      const ofOthers = codeOf(cause) === 'EADDRNOTAVAIL' || codeOf(cause) === 'ENOTFOUND';
      throw new LockstepError({
        code: listenCodeOf(cause),
        what: `Listening at ${host}:${port}${taken && last > port ? `-${last}` : ''} failed`,
        why: taken ? `another program listens ${last > port ? 'at each of these ports' : 'there'}` : ioReason(cause),
        mend: ofOthers
          ? `--listen takes an address of this machine: 0.0.0.0:${port} listens at all of them, 127.0.0.1:${port} for this machine alone`
          : 'Choose another address with --listen HOST:PORT; port 0 takes any free one',
        cause,
      });
    }
  }

  async #listenFrom(host: string, port: number, last: number): Promise<void> {
    try {
      await this.#door.listen(host, port);
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE' || port >= last) throw error;
      await this.#listenFrom(host, port + 1, last);
    }
  }

  /** As a worker would type it, with the port that is really used. */
  get url(): string {
    return `${this.#options.tls === null ? 'ws' : 'wss'}://${this.#door.host}`;
  }

  /** What is really listened at. */
  get bound(): HttpDoor['bound'] {
    return this.#door.bound;
  }

  /** Takes no more connections, and ends those that are left. */
  async close(): Promise<void> {
    const closed = this.#door.close();
    const { clients } = this.#sockets;
    // who has not said hello is told why as well: only what is no WebSocket is cut off
    await Promise.all([...clients].map((socket) => ended(socket)));
    this.#door.cutOff();
    this.#door.server.closeAllConnections();
    await closed;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const verdict = judgeUpgrade(requestOf(request), this.#policy, performance.now(), randomBytes(16));
    if (!verdict.accepted) {
      const text = `${verdict.reason}\n`;
      const lines = [
        `HTTP/1.1 ${verdict.status} ${statusTexts[verdict.status]}`,
        ...verdict.headers,
        'Connection: close',
        'Content-Type: text/plain',
        `Content-Length: ${Buffer.byteLength(text)}`,
      ];
      socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`, () => socket.destroy());
      return;
    }
    this.#sockets.once('headers', (headers: string[]) => headers.push(...verdict.headers));
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const raw = socket as Socket;
      if (this.#policy.token !== null) this.#door.vouch(raw);
      raw.setTimeout(0);
      raw.setNoDelay(true);
      const count = this.#countBeforeHello(webSocket);
      raw.on('data', count);
      const address = addressText(raw.remoteAddress, raw.remotePort);
      const host = addressGroup(raw.remoteAddress);
      this.#onNode({ socket: webSocket, carrier: raw, address, host }, () => {
        raw.off('data', count);
        this.#door.known(raw);
      });
    });
    // handleUpgrade answers a malformed request itself, and then no header was asked for
    this.#sockets.removeAllListeners('headers');
  }

  /** `maxPayload` is that of a member's messages: pieces of one would be kept for whoever has said nothing yet. */
  #countBeforeHello(webSocket: WebSocket): (piece: Buffer) => void {
    let left = this.#options.strangers.helloBytes;
    return (piece) => {
      left -= piece.length;
      if (left >= 0 || webSocket.readyState !== webSocket.OPEN) return;
      webSocket.close(MESSAGE_TOO_BIG, `more than ${this.#options.strangers.helloBytes} bytes before hello`);
      webSocket.terminate();
    };
  }
}

function openDoor(limits: StrangerLimits, tls: NodeServerOptions['tls']): HttpDoor {
  try {
    return new HttpDoor({
      limits,
      tls,
      // no host is judged here: this says nothing, and an upgrade proves itself
      onRequest: (_request, response) => {
        const headers = { upgrade: 'websocket', 'content-type': 'text/plain', [REFUSAL_HEADER]: 'no-upgrade' };
        response.writeHead(426, { connection: 'close', ...headers });
        response.end('This is a lockstep coordinator: lockstep worker --connect joins it.\n');
      },
    });
  } catch (cause) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_SECRET_UNUSABLE',
      what: 'The TLS certificate or key cannot be used',
      why: ioReason(cause),
      mend: 'Give PEM files that belong together with --tls-cert and --tls-key',
      cause,
    });
  }
}

const statusTexts = { 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 503: 'Service Unavailable' } as const;

function requestOf({ url, headers }: IncomingMessage) {
  const proxied = headers[PROXIED_AUTHORIZATION_HEADER.toLowerCase()];
  return {
    path: url ?? '',
    origin: headers.origin,
    authorization: typeof proxied === 'string' ? proxied : headers.authorization,
  };
}

/** Waits for a closing handshake that was begun, but not for ever. */
async function ended(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => socket.terminate(), CLOSE_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.close();
  });
}
