// The live page's streams (server-sent events): each is sent the whole once, and then what changes, twice a second. One that
// does not read is skipped, begins anew when it reads again, and is cut off when it does not. Memory stays bounded: of what
// a stream has not read there is never more than one message.

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressGroup } from '../../../src/host/http/remote-address.ts';
import { type StrangerLimits, strangerLimits } from '../../../src/host/http/stranger-limits.ts';
import type { PageState } from './page-state.ts';
import { nothingSeen } from './page-view.ts';

const UPDATE_MS = 500;
// how long a stream may leave what it was sent unread
const PATIENCE_MS = 30_000;

export type StreamLimits = Pick<StrangerLimits, 'streamsOfConnection' | 'streamsOfAddress' | 'streamsInAll'>;

interface Stream {
  readonly socket: Socket | null;
  readonly group: string;
  readonly response: ServerResponse;
  /** Since when it has not read; null: it does. */
  behindSinceMs: number | null;
  /** It missed something, or is new. */
  fresh: boolean;
}

export class PageStreams {
  readonly #state: PageState;
  readonly #limits: StreamLimits;
  readonly #warnOnce: (what: 'fullStreams' | 'slowStream', message: string) => void;
  readonly #streams = new Set<Stream>();
  #timer: NodeJS.Timeout | null = null;
  #cursor = nothingSeen;

  constructor(
    state: PageState,
    warnOnce: (what: 'fullStreams' | 'slowStream', message: string) => void,
    limits: StreamLimits = strangerLimits,
  ) {
    this.#state = state;
    this.#limits = limits;
    this.#warnOnce = warnOnce;
  }

  get count(): number {
    return this.#streams.size;
  }

  /** `socket`: the connection. A response that waits behind another has none yet. `stays` is called if it is taken in. */
  open(response: ServerResponse, socket: Socket | null = null, stays: () => void = () => undefined): void {
    const group = addressGroup(socket?.remoteAddress);
    const full = this.#full(socket, group);
    if (full !== null) {
      this.#warnOnce('fullStreams', `${full}; further ones are turned away`);
      response
        .writeHead(503, { 'retry-after': '10', 'content-type': 'text/plain' })
        .end('too many live pages are open\n');
      return;
    }
    stays();
    const stream: Stream = { socket, group, response, behindSinceMs: null, fresh: true };
    this.#streams.add(stream);
    response.on('close', () => this.#forget(stream));
    // one that still waits behind another is told of no close
    socket?.once('close', () => this.#forget(stream));
    response.on('error', () => undefined);
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    // how long the page waits before it connects again
    response.write('retry: 1000\n\n');
    if (this.#timer === null) {
      this.#cursor = this.#state.cursor;
      this.#timer = setInterval(() => this.#update(), UPDATE_MS);
      this.#timer.unref();
    }
    this.#send(stream, this.#whole());
    stream.fresh = false;
    // between two updates others have moved on since the cursor: this one is told a little twice, by number
  }

  /** Sends what is new at once, for instance that the run is over. */
  flush(): void {
    if (this.#streams.size > 0) this.#update();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    for (const { response } of this.#streams) response.end();
  }

  /** Why no further one is let in, or null. */
  #full(socket: Socket | null, group: string): string | null {
    const { streamsOfConnection, streamsOfAddress, streamsInAll } = this.#limits;
    if (this.#streams.size >= streamsInAll) return `${streamsInAll} live pages are open`;
    let [ofConnection, ofAddress] = [0, 0];
    for (const one of this.#streams) {
      if (one.socket !== null && one.socket === socket) ofConnection++;
      if (one.group === group) ofAddress++;
    }
    if (ofConnection >= streamsOfConnection) return 'a connection asks for more than one live page';
    return ofAddress >= streamsOfAddress ? `${streamsOfAddress} live pages are open at one address` : null;
  }

  #update(): void {
    const nowMs = Date.now();
    const message = textOf(this.#state.view(nowMs, this.#cursor));
    this.#cursor = this.#state.cursor;
    let whole: string | null = null;
    for (const stream of [...this.#streams]) {
      if (stream.response.writableNeedDrain) {
        stream.fresh = true;
        stream.behindSinceMs ??= nowMs;
        if (nowMs - stream.behindSinceMs > PATIENCE_MS) {
          this.#warnOnce('slowStream', 'a live page did not read its stream, and was cut off');
          stream.response.destroy();
        }
        continue;
      }
      stream.behindSinceMs = null;
      if (stream.fresh) whole ??= this.#whole();
      this.#send(stream, stream.fresh ? whole! : message);
      stream.fresh = false;
    }
  }

  #whole(): string {
    return textOf(this.#state.view(Date.now(), nothingSeen));
  }

  #send({ response }: Stream, message: string): void {
    response.write(message);
  }

  #forget(stream: Stream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

function textOf(view: unknown): string {
  return `data: ${JSON.stringify(view)}\n\n`;
}
