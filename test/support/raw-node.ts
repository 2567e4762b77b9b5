// A node by hand: a WebSocket on which a test says whatever it likes, legal or not.

import { WebSocket } from 'ws';
import { wiring } from '../../src/library.ts';
import { closeName } from '../../src/wire/close-codes.ts';
import { decodeFrame } from '../../src/wire/codec.ts';
import { identityOf } from '../../src/wire/handshake.ts';
import type { Hello, NodeMessage, Step, Welcome } from '../../src/wire/messages.ts';
import { messageBytes } from './frames.ts';

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

export type Received = Readonly<Record<string, unknown>> & { readonly type: string; readonly payload: Uint8Array };

export class RawNode {
  readonly socket: WebSocket;
  readonly closed: Promise<Closed>;
  readonly received: Received[] = [];
  readonly #look = new Set<() => void>();
  #over = false;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('message', (bytes: Buffer) => {
      const { header, payload } = decodeFrame(bytes);
      this.received.push({ ...header, payload: payload.slice() } as Received);
      for (const look of [...this.#look]) look();
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', (code: number, reason: Buffer) => {
        this.#over = true;
        for (const look of [...this.#look]) look();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Resolves when the WebSocket is open; rejects when it is refused. */
  static async open(url: string, options: { origin?: string; headers?: Record<string, string> } = {}) {
    const node = new RawNode(new WebSocket(url, { perMessageDeflate: false, ...options }));
    await new Promise<void>((resolve, reject) => {
      node.socket.once('open', resolve);
      node.socket.once('error', reject);
    });
    return node;
  }

  say(message: NodeMessage): void {
    this.socket.send(messageBytes(message));
  }

  /** The first message of a type from the coordinator that was not taken yet. */
  async take(type: string): Promise<Received> {
    return await new Promise((resolve, reject) => {
      const look = () => {
        const at = this.received.findIndex((message) => message.type === type);
        if (at < 0 && !this.#over) return;
        this.#look.delete(look);
        if (at >= 0) resolve(this.received.splice(at, 1)[0]!);
        else reject(new Error(`closed without ${type}`));
      };
      this.#look.add(look);
      look();
    });
  }

  async greet(change: Partial<Hello> = {}): Promise<Welcome> {
    this.say(await hello(change));
    return (await this.take('welcome')) as unknown as Welcome;
  }

  /** A member that has been given an attempt of a step. */
  async work(): Promise<Step> {
    this.say({ type: 'ready' });
    return (await this.take('step')) as unknown as Step;
  }

  /** "4030 malformed", or the code alone where it is not ours. */
  async closedBy(): Promise<string> {
    const { code } = await this.closed;
    const name = closeName(code, 'coordinator');
    return name === undefined ? `${code}` : `${code} ${name}`;
  }
}

export async function hello(change: Partial<Hello> = {}): Promise<Hello> {
  return {
    type: 'hello',
    ...identityOf(wiring.programVersion, 'wasm', await wiring.selfTest('wasm')),
    name: 'raw',
    threads: 1,
    wide: false,
    metricsPort: null,
    rank: null,
    ...change,
  };
}
