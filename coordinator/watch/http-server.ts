// The small HTTP server that a run is watched by: reading only, and whatever comes in, training goes on. Knows paths and
// limits; what is answered is its caller's affair.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { codeOf, reasonOf } from '../io-reason.ts';

export interface HttpOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Take any free port where that one is taken. */
  readonly orAny: boolean;
}

/** May throw: that is answered with 500. */
export type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const REQUEST_MS = 5_000;
const MOST_CONNECTIONS = 512;

export class WatchServer {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    const { address, port, family } = server.address() as AddressInfo;
    this.url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`;
  }

  /** The server, or why there is none. */
  static async listen(
    { host, port, orAny }: HttpOptions,
    routes: Readonly<Record<string, Route>>,
  ): Promise<WatchServer | { readonly why: string }> {
    const server = createServer((request, response) => void answer(routes, request, response));
    server.headersTimeout = REQUEST_MS;
    server.requestTimeout = REQUEST_MS;
    server.keepAliveTimeout = REQUEST_MS;
    server.maxConnections = MOST_CONNECTIONS;
    server.on('clientError', (_error, socket) => socket.destroy());
    let error = await listening(server, host, port);
    if (codeOf(error) === 'EADDRINUSE' && orAny) error = await listening(server, host, 0);
    if (error !== null) {
      return { why: codeOf(error) === 'EADDRINUSE' ? 'another program listens there' : reasonOf(error) };
    }
    server.on('error', () => undefined);
    // watching alone keeps no process alive
    server.unref();
    return new WatchServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    // what is being answered gets a moment, and no more
    const timer = setTimeout(() => this.#server.closeAllConnections(), 500);
    await closed;
    clearTimeout(timer);
  }
}

async function listening(server: Server, host: string, port: number): Promise<Error | null> {
  return await new Promise((resolve) => {
    const failed = (error: Error) => resolve(error);
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve(null);
    });
  });
}

async function answer(
  routes: Readonly<Record<string, Route>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.on('error', () => undefined);
  response.setHeader('x-content-type-options', 'nosniff');
  const path = (request.url ?? '/').split('?')[0]!;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return plain(response, 405, 'this server is only read\n');
  }
  const route = Object.hasOwn(routes, path) ? routes[path]! : null;
  if (route === null) return plain(response, 404, `there is ${Object.keys(routes).join(', ')}\n`);
  try {
    await route(request, response);
  } catch (error) {
    if (!response.headersSent) plain(response, 500, `${error instanceof Error ? error.message : String(error)}\n`);
    else response.destroy();
  }
}

export function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(text);
}
