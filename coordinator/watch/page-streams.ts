// The live page's streams (server-sent events): each is sent the whole once, and then what changes, twice a second. One that
// does not read is skipped, begins anew when it reads again, and is cut off when it does not. Memory stays bounded: of what
// a stream has not read there is never more than one message.

import type { ServerResponse } from 'node:http';
import type { PageState } from './page-state.ts';
import { nothingSeen } from './page-view.ts';

const UPDATE_MS = 500;
// how long a stream may leave what it was sent unread
const PATIENCE_MS = 30_000;
export const MOST_STREAMS = 256;

interface Stream {
  readonly response: ServerResponse;
  /** Since when it has not read; null: it does. */
  behindSinceMs: number | null;
  /** It missed something, or is new. */
  fresh: boolean;
}

export class PageStreams {
  readonly #state: PageState;
  readonly #warnOnce: (what: 'fullStreams' | 'slowStream', message: string) => void;
  readonly #streams = new Set<Stream>();
  #timer: NodeJS.Timeout | null = null;
  #cursor = nothingSeen;

  constructor(state: PageState, warnOnce: (what: 'fullStreams' | 'slowStream', message: string) => void) {
    this.#state = state;
    this.#warnOnce = warnOnce;
  }

  get count(): number {
    return this.#streams.size;
  }

  open(response: ServerResponse): void {
    if (this.#streams.size >= MOST_STREAMS) {
      this.#warnOnce('fullStreams', `more than ${MOST_STREAMS} live pages are open; further ones are turned away`);
      response
        .writeHead(503, { 'retry-after': '10', 'content-type': 'text/plain' })
        .end('too many live pages are open\n');
      return;
    }
    const stream: Stream = { response, behindSinceMs: null, fresh: true };
    this.#streams.add(stream);
    response.on('close', () => this.#forget(stream));
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
