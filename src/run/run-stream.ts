// A run under way, as the library hands it out: a promise of its summary, and its events for `for await`. Pure but for the promise. Knows
// nothing of how a run is trained.

import type { Summary, TrainEvent } from './events.ts';

/**
 * A run that was begun. `await run` gives its summary, or throws. `for await (const event of run)` gives its events from then on (all
 * of them, where the loop begins at once), ends with the run, and throws what the run throws. Each loop has the events for itself.
 *
 * A loop that is left early (break, return, throw) ends the run as its signal does, after the current step and a checkpoint; when the
 * loop is left, the run has ended, and `await run` throws ERR_LOCKSTEP_INTERRUPTED. Behind the event 'done' there is nothing to end.
 *
 * A slow loop does not slow the run: of events 'progress' that wait for it, only the last of each row is kept, and all others stay.
 */
export interface Run extends Promise<Summary>, AsyncIterable<TrainEvent> {}

/** `work` begins at once, and tells events; `stop` tells it to stop. */
export function runOf(work: (tell: (event: TrainEvent) => void) => Promise<Summary>, stop: () => void): Run {
  const loops = new Set<EventLoop>();
  let done = false;
  const tell = (event: TrainEvent) => {
    if (event.type === 'done') done = true;
    for (const loop of loops) loop.add(event);
  };
  const summary = work(tell);
  const end = async () => {
    if (!done) stop();
    await summary.catch(() => undefined);
  };
  return Object.assign(summary, {
    [Symbol.asyncIterator]: () => {
      const loop = new EventLoop(async () => {
        loops.delete(loop);
        await end();
      });
      loops.add(loop);
      // also: a loop throws it, so that nobody need await the run besides
      summary.then(
        () => loop.end(),
        (error: unknown) => loop.fail(error),
      );
      return loop;
    },
  });
}

class EventLoop implements AsyncIterator<TrainEvent, undefined> {
  readonly #leave: () => Promise<void>;
  #waiting: TrainEvent[] = [];
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  /** Of those who asked for an event when there was none. */
  #wakes: (() => void)[] = [];

  constructor(leave: () => Promise<void>) {
    this.#leave = leave;
  }

  add(event: TrainEvent): void {
    const last = this.#waiting.at(-1);
    if (event.type === 'progress' && last?.type === 'progress') this.#waiting.pop();
    this.#waiting.push(event);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  fail(error: unknown): void {
    if (!this.#ended) this.#failure = { error };
    this.end();
  }

  async next(): Promise<IteratorResult<TrainEvent, undefined>> {
    while (this.#waiting.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wakes.push(resolve);
      });
    }
    const value = this.#waiting.shift();
    if (value !== undefined) return { done: false, value };
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure.error;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<TrainEvent, undefined>> {
    this.#waiting = [];
    this.end();
    await this.#leave();
    return { done: true, value: undefined };
  }

  /** All of them, in the order in which they asked: who finds nothing asks again. */
  #wake(): void {
    for (const wake of this.#wakes.splice(0)) wake();
  }
}
