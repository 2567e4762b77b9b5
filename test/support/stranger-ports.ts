// The ports that strangers come to, open in this process, and what a stranger does there on plain TCP.

import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { NodeServer } from '../../coordinator/cluster/node-server.ts';
import { plain, WatchServer } from '../../src/host/http/http-server.ts';
import { type StrangerLimits, strangerLimits } from '../../src/host/http/stranger-limits.ts';
import type { Token } from '../../src/wire/auth.ts';
import { dial } from '../../worker/node/dial.ts';

export interface Port {
  readonly port: number;
  readonly url: string;
}

export async function nodePort(change: Partial<StrangerLimits> = {}, secret: Token | null = null, host = '127.0.0.1') {
  const greetings: (() => void)[] = [];
  const server = new NodeServer(
    {
      host,
      port: 0,
      token: secret,
      allowedOrigins: [],
      tls: null,
      engine: 'wasm',
      valueCount: 1,
      strangers: { ...strangerLimits, ...change },
    },
    (_socket, greeted) => greetings.push(greeted),
  );
  await server.listen();
  onTestFinished(() => server.close());
  return { url: server.url, port: Number(new URL(server.url).port), greetings };
}

export async function pagePort(change: Partial<StrangerLimits> = {}, host = '127.0.0.1'): Promise<Port> {
  const strangers = { ...strangerLimits, ...change };
  const server = await WatchServer.listen(
    { host, port: 0, orAny: false, allowHost: [], strangers },
    {
      '/healthz': (_request, response) => plain(response, 200, 'ok\n'),
      '/stream': (_request, response, stays) => {
        stays();
        response.writeHead(200).write('begun\n');
      },
    },
  );
  onTestFinished(() => server.close());
  return { url: server.url, port: server.port };
}

export interface Tcp {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  readonly text: () => string;
  readonly isOpen: () => boolean;
}

export async function tcp({ port }: Pick<Port, 'port'>, host = '127.0.0.1', localAddress?: string): Promise<Tcp> {
  const socket = connect({ port, host, allowHalfOpen: true, ...(localAddress && { localAddress }) });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  let [text, open] = ['', true];
  socket.on('data', (data) => {
    text += data;
  });
  const closed = new Promise<void>((resolve) => {
    for (const event of ['end', 'close']) {
      socket.once(event, () => {
        open = false;
        resolve();
      });
    }
  });
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve);
    socket.once('close', () => resolve());
  });
  return { socket, closed, text: () => text, isOpen: () => open };
}

export async function many(count: number, port: Port, localAddress?: string): Promise<Tcp[]> {
  const all: Tcp[] = [];
  for (let i = 0; i < count; i++) all.push(await tcp(port, '127.0.0.1', localAddress));
  return all;
}

export async function joins({ url }: Port, secret: Token | null = null): Promise<string> {
  const dialled = await dial({ url, token: secret, certificateAuthority: null }, (socket) =>
    onTestFinished(() => socket.terminate()),
  );
  return dialled.kind;
}

export const healthy = async ({ url }: Port) => (await fetch(`${url}healthz`)).status;
