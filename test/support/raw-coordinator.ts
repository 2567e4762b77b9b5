// A coordinator by hand: a WebSocket server on which a test says to the one node that comes whatever it likes, legal or not.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { closeName } from '../../src/wire/close-codes.ts';
import { decodeFrame } from '../../src/wire/codec.ts';
import { encodeFrame } from './frames.ts';

export interface RawCoordinator {
  readonly url: string;
  /** Messages of the node, by type. */
  readonly heard: ReadonlyMap<string, number>;
  /** Resolves when the node has said this, so often. */
  hear(type: string, times?: number): Promise<void>;
  say(header: object, payload?: Uint8Array): void;
  /** "4032 badField". */
  readonly closedBy: Promise<string>;
  close(): Promise<void>;
}

export async function rawCoordinator(engine = 'wasm'): Promise<RawCoordinator> {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const heard = new Map<string, number>();
  const waiting = new Set<() => void>();
  let node: WebSocket | null = null;
  sockets.on('headers', (headers: string[]) => headers.push(`Lockstep-Engine: ${engine}`));
  const closedBy = new Promise<string>((resolve) => {
    server.on('upgrade', (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        node = webSocket;
        webSocket.on('message', (bytes: Buffer) => {
          const type = String(decodeFrame(bytes).header['type']);
          heard.set(type, (heard.get(type) ?? 0) + 1);
          for (const look of [...waiting]) look();
        });
        webSocket.on('close', (code: number) => resolve(`${code} ${closeName(code, 'node')}`));
      });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    closedBy,
    hear: (type, times = 1) =>
      new Promise((resolve) => {
        const look = () => {
          if ((heard.get(type) ?? 0) < times) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    say: (header, payload) => node!.send(encodeFrame(header as never, payload)),
    close: () =>
      new Promise((resolve) => {
        node?.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
