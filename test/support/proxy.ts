// A TCP proxy between a node and its coordinator, for a test to cut, or to make deaf and dumb: a machine that crashes, and a
// network that loses everything.

import { createServer, connect as open, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { Lines } from './events.ts';

export interface Proxy {
  readonly url: string;
  /** Every connection: "open", and "cut" or "closed". */
  readonly log: Lines;
  /** Ends all connections at once, without a closing handshake. */
  cut(): void;
  /** Nothing goes through from now on, in either direction; nobody is told. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

/** As a slow cable does: each byte takes its time, one after the other. */
function throttle(bytesPerSecond: number): Transform {
  let freeMs = 0;
  return new Transform({
    transform(bytes: Buffer, _, passed) {
      const nowMs = performance.now();
      freeMs = Math.max(freeMs, nowMs) + (1000 * bytes.length) / bytesPerSecond;
      setTimeout(() => passed(null, bytes), freeMs - nowMs);
    },
  });
}

/** `bytesPerSecond`: what goes through each way, of each connection. */
export async function startProxy(target: string, bytesPerSecond = Number.POSITIVE_INFINITY): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const log = new Lines();
  const sockets = new Set<Socket>();
  let frozen = false;
  const server = createServer((near) => {
    const far = open(Number(port), hostname);
    log.add('open');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      if (frozen) from.pause();
      from.setNoDelay(true);
      if (bytesPerSecond === Number.POSITIVE_INFINITY) from.pipe(to);
      else from.pipe(throttle(bytesPerSecond)).pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
    near.on('close', () => log.add('closed'));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port: own } = server.address() as { port: number };
  return {
    url: `ws://127.0.0.1:${own}`,
    log,
    cut() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    freeze() {
      frozen = true;
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
    thaw() {
      frozen = false;
      for (const socket of sockets) socket.resetAndDestroy();
    },
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
