// The latest events of a run, numbered, in bounded memory. Pure.

import { printable } from '../../../src/text/clean-text.ts';

const MOST_EVENTS = 200;
const MOST_CHARACTERS = 400;

export interface LoggedEvent {
  /** Counts from 0 since the run began. */
  readonly number: number;
  readonly atMs: number;
  readonly level: 'info' | 'good' | 'warning' | 'error';
  readonly text: string;
}

export class EventLog {
  #events: LoggedEvent[] = [];
  #next = 0;

  /** How many there were. */
  get count(): number {
    return this.#next;
  }

  add(atMs: number, level: LoggedEvent['level'], text: string): void {
    const clean = printable(text);
    const shown = clean.length > MOST_CHARACTERS ? `${clean.slice(0, MOST_CHARACTERS)}…` : clean;
    this.#events.push({ number: this.#next++, atMs, level, text: shown });
    if (this.#events.length > MOST_EVENTS) this.#events = this.#events.slice(-MOST_EVENTS);
  }

  /** Those from number `from` on that are still there. */
  since(from: number): LoggedEvent[] {
    return this.#events.filter(({ number }) => number >= from);
  }
}
