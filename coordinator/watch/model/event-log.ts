// The latest events of a run, numbered, in bounded memory. Pure.

import { printable } from '../../../src/clean-text.ts';
import type { PageEvent } from '../live-page/page-view.ts';

const MOST_EVENTS = 200;
const MOST_CHARACTERS = 400;

export class EventLog {
  #events: PageEvent[] = [];
  #next = 0;

  /** How many there were. */
  get count(): number {
    return this.#next;
  }

  add(atMs: number, level: PageEvent['level'], text: string): void {
    const clean = printable(text);
    const shown = clean.length > MOST_CHARACTERS ? `${clean.slice(0, MOST_CHARACTERS)}…` : clean;
    this.#events.push({ number: this.#next++, atMs, level, text: shown });
    if (this.#events.length > MOST_EVENTS) this.#events = this.#events.slice(-MOST_EVENTS);
  }

  /** Those from number `from` on that are still there. */
  since(from: number): PageEvent[] {
    return this.#events.filter(({ number }) => number >= from);
  }
}
