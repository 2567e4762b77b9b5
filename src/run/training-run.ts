// A run that is under way, as the library hands it out: a promise of its summary, and its events one after the other. Pure.

import type { Summary, TrainEvent } from './events.ts';

/**
 * Await it for the summary; `for await (const event of run)` has what happens from there on, and ends with the run: that of a run
 * which fails throws what the promise is rejected with. Leaving the loop ends the listening alone; a run is ended by its signal.
 * Events that are not taken yet wait in memory, and of several `progress` in a row only the newest does.
 */
export interface TrainingRun extends Promise<Summary>, AsyncIterable<TrainEvent, undefined> {}

interface Listener {
  readonly events: TrainEvent[];
  /** Called when there is something to take, or nothing more will come. */
  wake: () => void;
}

/** @param start begins the run; it is handed who is to be told of what happens */
export function trainingRun(start: (onEvent: (event: TrainEvent) => void) => Promise<Summary>): TrainingRun {
  const listeners = new Set<Listener>();
  let over = false;
  const summary = start((event) => {
    for (const { events, wake } of listeners) {
      if (event.type === 'progress' && events.at(-1)?.type === 'progress') events.pop();
      events.push(event);
      wake();
    }
  });
  const end = () => {
    over = true;
    for (const { wake } of listeners) wake();
  };
  summary.then(end, end);

  async function* taken(listener: Listener): AsyncGenerator<TrainEvent, undefined> {
    try {
      for (;;) {
        yield* listener.events.splice(0);
        if (listener.events.length > 0) continue;
        if (over) break;
        await new Promise<void>((resolve) => {
          listener.wake = resolve;
        });
      }
    } finally {
      listeners.delete(listener);
    }
    await summary;
  }
  return Object.assign(summary, {
    [Symbol.asyncIterator]() {
      // who takes the events is told of the failure there, and need not wait for the promise as well
      summary.catch(() => undefined);
      const listener: Listener = { events: [], wake: () => undefined };
      listeners.add(listener);
      return taken(listener);
    },
  });
}
