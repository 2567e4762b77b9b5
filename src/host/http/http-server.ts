// The small HTTP server that a run is watched by: reading only, and whatever comes in, training goes on. Knows paths and
// who may read; what is answered is its caller's affair.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { LockstepError, messageOf } from '../../errors.ts';
import { printable } from '../../text/clean-text.ts';
import { codeOf, ioReason, listenCodeOf } from '../files/io-reason.ts';
import { type HostPolicy, judgeHost } from './host-names.ts';
import { HttpDoor } from './http-door.ts';
import { type StrangerLimits, strangerLimits } from './stranger-limits.ts';

export interface WatchServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Take any free port where that one is taken. */
  readonly orAny: boolean;
  /** Names by which it may be read, besides its own. */
  readonly allowHost: readonly string[];
  readonly strangers?: StrangerLimits;
}

/** May throw: that is answered with 500. `stays`: called when the answer is a stream, which is counted elsewhere. */
export type Route = (request: IncomingMessage, response: ServerResponse, stays: () => void) => void | Promise<void>;

type Routes = Readonly<Record<string, Route>>;

export class WatchServer {
  readonly url: string;
  readonly #door: HttpDoor;

  private constructor(door: HttpDoor) {
    this.#door = door;
    this.url = `http://${door.host}/`;
  }

  /** @throws LockstepError where it cannot listen there */
  static async listen(options: WatchServerOptions, routes: Routes): Promise<WatchServer> {
    const { host, port, orAny, allowHost, strangers: limits = strangerLimits } = options;
    const policy: HostPolicy = { bound: host, machine: hostname(), allowed: allowHost };
    const door: HttpDoor = new HttpDoor({
      limits,
      tls: null,
      onRequest: (request, response) =>
        void answer(routes, policy, request, response, () => {
          request.socket.setTimeout(0);
          door.known(request.socket);
        }),
    });
    try {
      await door.listen(host, port).catch(async (error) => {
        if (!orAny || codeOf(error) !== 'EADDRINUSE') throw error;
        await door.listen(host, 0);
      });
    } catch (cause) {
      throw new LockstepError({
        code: listenCodeOf(cause),
        what: `Metrics cannot be served at ${host}:${port}`,
        why: whyNot(cause),
        mend: 'Give --metrics-host an address of this machine and --metrics-port a free port, or 0 for any',
        cause,
      });
    }
    // watching alone keeps no process alive
    door.server.unref();
    return new WatchServer(door);
  }

  get port(): number {
    return this.#door.port;
  }

  /** What is really listened at. */
  get bound(): HttpDoor['bound'] {
    return this.#door.bound;
  }

  async close(): Promise<void> {
    const closed = this.#door.close();
    this.#door.server.closeIdleConnections();
    // what is being answered gets a moment, and no more
    const timer = setTimeout(() => this.#door.server.closeAllConnections(), 500);
    await closed;
    clearTimeout(timer);
  }
}

function whyNot(cause: unknown): string {
  switch (codeOf(cause)) {
    case 'EADDRINUSE':
      return 'another program listens there';
    case 'EADDRNOTAVAIL':
      return 'no network of this machine has that address (EADDRNOTAVAIL)';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `no address of that name was found (${codeOf(cause)})`;
    default:
      return ioReason(cause);
  }
}

async function answer(
  routes: Routes,
  policy: HostPolicy,
  request: IncomingMessage,
  response: ServerResponse,
  stays: () => void,
): Promise<void> {
  response.setHeader('x-content-type-options', 'nosniff');
  const hosts = request.rawHeaders.filter((_, i, all) => i % 2 === 1 && all[i - 1]!.toLowerCase() === 'host');
  const path = judgeHost({ hosts, target: request.url ?? '/' }, policy);
  if (path === null) {
    return plain(response, 403, 'this is not read by that name: give the name to --allow-host, or use the address\n');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return plain(response, 405, 'this server is only read\n');
  }
  const route = Object.hasOwn(routes, path) ? routes[path]! : null;
  if (route === null) return plain(response, 404, `there is ${Object.keys(routes).join(', ')}\n`);
  try {
    await route(request, response, stays);
  } catch (error) {
    if (!response.headersSent) plain(response, 500, `${printable(messageOf(error))}\n`);
    else response.destroy();
  }
}

export function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(text);
}
