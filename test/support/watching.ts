// A run that is watched, in this process: its events, its server's address, and what it answers.

import { onTestFinished } from 'vitest';
import type { TrainWiring } from '../../coordinator/training/make-executor.ts';
import { resolveWithRun } from '../../coordinator/training/resolve-with-run.ts';
import { trainRun } from '../../coordinator/training/train-run.ts';
import { wiring } from '../../src/library.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import type { Summary, TrainEvent } from '../../src/run/events.ts';
import type { Digits } from './digits.ts';
import { EventLines } from './events.ts';

export interface Watched {
  /** Ends with a slash; known when the server listens. */
  readonly url: Promise<string>;
  readonly log: EventLines;
  readonly events: readonly TrainEvent[];
  readonly summary: Promise<Summary>;
  /** Asks the run to stop. */
  stop(): void;
}

export function watchedRun(options: Partial<TrainOptions>, changes: Partial<TrainWiring> = {}): Watched {
  const log = new EventLines();
  const controller = new AbortController();
  const onEvent = (event: TrainEvent) => {
    log.tell(event);
  };
  const asked = resolveWithRun({ metricsPort: 0, metricsLinger: 0, ...options }, null, 'option');
  const summary = asked.then((run) => trainRun(run, { onEvent, signal: controller.signal }, { ...wiring, ...changes }));
  summary.then(
    () => log.end('the run was over'),
    (error: Error) => log.end(`the run failed (${error.message})`),
  );
  const url = log.told('metricsAt').then((event) => event.url);
  url.catch(() => undefined);
  return { url, log, events: log.events, summary, stop: () => controller.abort() };
}

/** Long enough to be asked things, and stopped when the test is over. */
export function longRun(
  digits: Digits,
  options: Partial<TrainOptions> = {},
  changes: Partial<TrainWiring> = {},
): Watched {
  const run = watchedRun({ ...digits.short, threads: 1, epochs: 100_000, ...options }, changes);
  run.summary.catch(() => undefined);
  onTestFinished(async () => {
    run.stop();
    await run.summary.catch(() => undefined);
  });
  return run;
}

export async function textOf(url: string): Promise<string> {
  return await (await fetch(url)).text();
}

/** A sample's value in a scrape, by its name and labels as they stand there. */
export function valueIn(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  if (line === undefined) throw new Error(`${series} is not there`);
  return Number(line.slice(series.length + 1));
}

/** The first message of the page's stream. */
export async function firstView(url: string) {
  const controller = new AbortController();
  const response = await fetch(`${url}events`, { signal: controller.signal });
  let text = '';
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const message = /^data: (.*)\n\n/m.exec(text)?.[1];
    if (message !== undefined) {
      controller.abort();
      return JSON.parse(message);
    }
  }
  throw new Error('the stream ended');
}

/** All messages of a new stream, to its end. */
export async function allViews(url: string) {
  const text = await textOf(`${url}events`);
  return [...text.matchAll(/^data: (.*)\n\n/gm)].map(([, message]) => JSON.parse(message!));
}
