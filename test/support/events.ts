// A list that can be waited on: for a line that matches, or for a number to be reached. Tests wait on what happens, never
// on the clock.

import { eventLine } from '../../src/run/event-text.ts';
import type { TrainEvent } from '../../src/run/events.ts';

export class Lines {
  readonly all: string[] = [];
  readonly #waiting = new Set<() => void>();
  #over: string | null = null;

  add(line: string): void {
    this.all.push(line);
    this.look();
  }

  /** Nothing more will come: who still waits is told so. */
  end(why: string): void {
    this.#over = why;
    this.look();
  }

  matching(pattern: RegExp): string[] {
    return this.all.filter((line) => pattern.test(line));
  }

  count(pattern: RegExp): number {
    return this.matching(pattern).length;
  }

  /** Resolves to the `nth` line that matches; rejects when the list ends without it. */
  async seen(pattern: RegExp, nth = 1): Promise<string> {
    return await this.until(() => this.matching(pattern)[nth - 1], `${pattern} for the ${nth}. time`);
  }

  protected look(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves to what `find` finds, and looks again after each line. */
  protected async until<T>(find: () => T | undefined, what: string): Promise<T> {
    return await new Promise((resolve, reject) => {
      const look = () => {
        const found = find();
        if (found === undefined && this.#over === null) return;
        this.#waiting.delete(look);
        if (found !== undefined) resolve(found);
        else reject(new Error(`${this.#over} without ${what}:\n${this.all.join('\n')}`));
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** What a run tells: its events, and a line for each that has one. */
export class EventLines extends Lines {
  readonly events: TrainEvent[] = [];

  tell(event: TrainEvent): void {
    this.events.push(event);
    const line = eventLine(event);
    if (line !== null) this.add(`${line.level}: ${line.text}`);
    else this.look();
  }

  of<T extends TrainEvent['type']>(type: T): (TrainEvent & { readonly type: T })[] {
    return this.events.filter((event): event is TrainEvent & { readonly type: T } => event.type === type);
  }

  /** Resolves to the `nth` event of a type, of those that are `such`. */
  async told<T extends TrainEvent['type']>(
    type: T,
    nth = 1,
    such: (event: TrainEvent & { readonly type: T }) => boolean = () => true,
  ): Promise<TrainEvent & { readonly type: T }> {
    return await this.until(() => this.of(type).filter(such)[nth - 1], `${type} for the ${nth}. time`);
  }

  /** Workers that went without a goodbye while the run went on. */
  get evicted(): (TrainEvent & { readonly type: 'workerLost' })[] {
    return this.of('workerLost').filter(({ eviction }) => eviction !== null);
  }
}

/** A promise and its two ends. */
export function gate<T = void>(): { promise: Promise<T>; open: (value: T) => void; fail: (error: Error) => void } {
  let open!: (value: T) => void;
  let fail!: (error: Error) => void;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  promise.catch(() => undefined);
  return { promise, open, fail };
}
