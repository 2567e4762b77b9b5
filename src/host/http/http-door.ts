// The one door for HTTP servers: a coordinator's port for nodes, its metrics and live page, and a worker's own metrics all
// listen through it, so that strangers are bounded in the same way everywhere (stranger-limits.ts). Knows connections and
// requests; what is answered is its caller's affair.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { GuestBook } from './guest-book.ts';
import { addressGroup, addressText } from './remote-address.ts';
import type { StrangerLimits } from './stranger-limits.ts';

export interface DoorOptions {
  readonly limits: StrangerLimits;
  /** PEM; null: without TLS. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  /** Whole requests, at most so many at a time on a connection; their bodies are not read. */
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
}

export class HttpDoor {
  readonly server: Server;
  readonly #limits: StrangerLimits;
  readonly #onRequest: DoorOptions['onRequest'];
  /** By the raw connection's ends: with TLS a request has another socket. */
  readonly #sockets = new Map<string, Socket>();
  readonly #guests: GuestBook<Socket>;
  /** Requests of a connection: all, and those that are not answered yet. */
  readonly #requests = new WeakMap<Socket, { total: number; inHand: number }>();

  /** @throws where certificate or key cannot be used */
  constructor({ limits, tls, onRequest }: DoorOptions) {
    this.#limits = limits;
    this.#onRequest = onRequest;
    this.#guests = new GuestBook(limits);
    const { patienceMs, headerBytes } = limits;
    const options = {
      // of the whole request, so that nobody can hold a connection by sending it slowly; looked at in time, too
      headersTimeout: patienceMs,
      requestTimeout: patienceMs,
      keepAliveTimeout: patienceMs,
      connectionsCheckingInterval: Math.ceil(patienceMs / 5),
      maxHeaderSize: headerBytes,
    };
    this.server =
      tls === null
        ? createServer(options)
        : createTlsServer({ ...options, handshakeTimeout: patienceMs, cert: tls.certificate, key: tls.key });
    // without a byte in either direction
    this.server.setTimeout(patienceMs);
    this.server.on('connection', (socket: Socket) => this.#enter(socket));
    const request = (one: IncomingMessage, response: ServerResponse) => this.#request(one, response);
    this.server.on('request', request);
    // so that no body is asked for that would be refused
    this.server.on('checkContinue', request);
  }

  /** Resolves when the server listens, else rejects. */
  async listen(host: string, port: number): Promise<void> {
    this.server.listen(port, host);
    // takes its listeners back where it fails, so that other ports may be tried
    await once(this.server, 'listening');
    // what a single connection does wrong is its own affair
    this.server.on('error', () => undefined);
  }

  get port(): number {
    return this.bound.port;
  }

  /** What is really listened at. */
  get bound(): { readonly host: string; readonly port: number } {
    const { address: host, port } = this.server.address() as AddressInfo;
    return { host, port };
  }

  /** The same as HOST:PORT, as a URL has it. */
  get host(): string {
    const { address, port, family } = this.server.address() as AddressInfo;
    return `${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /** It is no stranger any more, and does not count as one. */
  known(socket: Socket): void {
    const raw = this.#rawOf(socket);
    if (raw !== null) this.#guests.leave(raw);
  }

  /** It proved that it knows the token, and has not said who it is. */
  vouch(socket: Socket): void {
    const raw = this.#rawOf(socket);
    if (raw !== null) this.#guests.vouch(raw);
  }

  /** Cuts off everybody who is no more than a stranger. */
  cutOff(): void {
    for (const socket of [...this.#guests.guests]) socket.destroy();
  }

  /** Takes no more connections; resolves when those that are left have ended. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  #enter(socket: Socket): void {
    const key = addressText(socket.remoteAddress, socket.remotePort);
    // it may have gone before it was looked at
    if (socket.remoteAddress === undefined) return void socket.destroy();
    this.#sockets.set(key, socket);
    socket.once('close', () => {
      this.#guests.leave(socket);
      if (this.#sockets.get(key) === socket) this.#sockets.delete(key);
    });
    for (const gone of this.#guests.enter(socket, addressGroup(socket.remoteAddress))) gone.destroy();
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    response.on('error', () => undefined);
    const counts = this.#requests.get(socket) ?? { total: 0, inHand: 0 };
    this.#requests.set(socket, counts);
    counts.total++;
    counts.inHand++;
    response.once('close', () => counts.inHand--);
    const { requestsInHand, requestsOfConnection } = this.#limits;
    if (counts.inHand > requestsInHand || counts.total > requestsOfConnection) return void socket.destroy();
    const raw = this.#rawOf(socket);
    if (raw !== null) this.#guests.renew(raw);
    // a body is not read by anybody: it goes with the connection
    if (hasBody(request) || counts.total === requestsOfConnection) response.shouldKeepAlive = false;
    this.#onRequest(request, response);
  }

  #rawOf(socket: Socket): Socket | null {
    return this.#sockets.get(addressText(socket.remoteAddress, socket.remotePort)) ?? null;
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
