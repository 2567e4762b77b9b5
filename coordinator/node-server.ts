// Where nodes come in: an HTTP(S) server that upgrades to WebSocket whom upgrade.ts accepts. The door to ws on this side.
// Knows the connection's opening (PROTOCOL.md, section 1), not what is said on it.

import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { LockstepError } from '../src/errors.ts';
import type { Token } from '../src/wire/auth.ts';
import { largestMessageBytes } from '../src/wire/limits.ts';
import { NonceBook } from '../src/wire/nonces.ts';
import { codeOf, reasonOf } from './io-reason.ts';
import { judgeUpgrade, type UpgradePolicy } from './upgrade.ts';

export type { WebSocket } from 'ws';

export interface NodeServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly token: Token | null;
  readonly allowedOrigins: readonly string[];
  /** PEM; null: ws:// instead of wss://. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  readonly engine: string;
  readonly valueCount: number;
  /** Requests and handshakes get so long. */
  readonly handshakeMs: number;
  /** TCP connections that are no WebSocket yet; further ones are cut off. */
  readonly mostUnauthenticated: number;
}

export const nodeServerDefaults = { handshakeMs: 5_000, mostUnauthenticated: 64 } as const;

// A message comes in a few frames; a frame comes in pieces of what TCP delivers, which may be small.
const MOST_FRAGMENTS = 16;
const MOST_CHUNKS = 65_536;
const CLOSE_MS = 2_000;

export class NodeServer {
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #policy: UpgradePolicy;
  readonly #options: NodeServerOptions;
  /** TCP connections on which no WebSocket was opened yet, by address: with TLS the upgrade has another socket. */
  readonly #unauthenticated = new Map<string, Socket>();
  /** Told of every WebSocket that was opened. */
  readonly #onNode: (socket: WebSocket, address: string) => void;

  private constructor(options: NodeServerOptions, onNode: (socket: WebSocket, address: string) => void) {
    const { token, allowedOrigins, engine, tls, handshakeMs, mostUnauthenticated } = options;
    this.#options = options;
    this.#onNode = onNode;
    this.#policy = { token, engine, allowedOrigins: new Set(allowedOrigins), nonces: new NonceBook(randomBytes(32)) };
    // of the whole request, so that nobody can hold a connection by sending it slowly; looked at in time, too
    const patience = {
      headersTimeout: handshakeMs,
      requestTimeout: handshakeMs,
      connectionsCheckingInterval: Math.ceil(handshakeMs / 5),
    };
    this.#server =
      tls === null
        ? createServer(patience)
        : createTlsServer({ ...patience, handshakeTimeout: handshakeMs, cert: tls.certificate, key: tls.key });
    this.#server.setTimeout(handshakeMs);
    const limits = {
      noServer: true,
      perMessageDeflate: false,
      clientTracking: true,
      maxPayload: largestMessageBytes(options.valueCount),
      maxFragments: MOST_FRAGMENTS,
      maxBufferedChunks: MOST_CHUNKS,
      closeTimeout: CLOSE_MS,
    };
    // a variable, since @types/ws does not know closeTimeout yet
    this.#sockets = new WebSocketServer(limits);
    this.#server.on('connection', (socket: Socket) => {
      if (this.#unauthenticated.size >= mostUnauthenticated) {
        socket.destroy();
        return;
      }
      const address = addressOf(socket);
      this.#unauthenticated.set(address, socket);
      socket.once('close', () => this.#unauthenticated.delete(address));
    });
    this.#server.on('request', (_request, response) => {
      response.writeHead(426, { connection: 'close', upgrade: 'websocket', 'content-type': 'text/plain' });
      response.end('This is a lockstep coordinator: lockstep worker --connect joins it.\n');
    });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Resolves when the server listens. */
  static async listen(
    options: NodeServerOptions,
    onNode: (socket: WebSocket, address: string) => void,
  ): Promise<NodeServer> {
    const { host, port } = options;
    let server: NodeServer;
    try {
      server = new NodeServer(options, onNode);
    } catch (cause) {
      throw new LockstepError({
        what: 'The TLS certificate or key cannot be used',
        why: reasonOf(cause),
        mend: 'Give PEM files that belong together with --tls-cert and --tls-key',
        cause,
      });
    }
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', (cause) =>
        reject(
          new LockstepError({
            what: `Listening at ${host}:${port} failed`,
            why: codeOf(cause) === 'EADDRINUSE' ? 'another program listens there' : reasonOf(cause),
            mend: 'Choose another address with --listen HOST:PORT; port 0 takes any free one',
            cause,
          }),
        ),
      );
      server.#server.listen(port, host, resolve);
    });
    // what a single connection does wrong is its own affair
    server.#server.on('error', () => undefined);
    return server;
  }

  /** As a worker would type it, with the port that is really used. */
  get url(): string {
    const { address, port, family } = this.#server.address() as AddressInfo;
    const host = family === 'IPv6' ? `[${address}]` : address;
    return `${this.#options.tls === null ? 'ws' : 'wss'}://${host}:${port}`;
  }

  /** Takes no more connections, and ends those that are left. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#unauthenticated.values()) socket.destroy();
    await Promise.all([...this.#sockets.clients].map((client) => ended(client)));
    this.#server.closeAllConnections();
    await closed;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (request.url !== '/') {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => socket.destroy());
      return;
    }
    const { origin, authorization } = request.headers;
    const verdict = judgeUpgrade({ origin, authorization }, this.#policy, performance.now(), randomBytes(16));
    if (!verdict.accepted) {
      const text = `${verdict.reason}\n`;
      const lines = [
        `HTTP/1.1 ${verdict.status} ${{ 401: 'Unauthorized', 403: 'Forbidden', 503: 'Service Unavailable' }[verdict.status]}`,
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
      const address = addressOf(request.socket);
      this.#unauthenticated.delete(address);
      (socket as Socket).setTimeout(0);
      (socket as Socket).setNoDelay(true);
      this.#onNode(webSocket, address);
    });
    // handleUpgrade answers a malformed request itself, and then no header was asked for
    this.#sockets.removeAllListeners('headers');
  }
}

function addressOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}

/** Waits for a closing handshake that was begun, but not for ever. */
async function ended(client: WebSocket): Promise<void> {
  if (client.readyState === client.CLOSED) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => client.terminate(), CLOSE_MS);
    client.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    client.close();
  });
}
