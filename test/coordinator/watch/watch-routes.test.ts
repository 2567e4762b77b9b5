// What /metrics answers to one who asks again at once: the same for a moment, but never a moment before the end after it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PageState } from '../../../coordinator/watch/live-page/page-state.ts';
import { PageStreams } from '../../../coordinator/watch/live-page/page-streams.ts';
import { Linger } from '../../../coordinator/watch/metrics/linger.ts';
import { familiesOf } from '../../../coordinator/watch/metrics/metric-families.ts';
import { metricTable } from '../../../coordinator/watch/model/metric-table.ts';
import { freshStart, WatchedRun } from '../../../coordinator/watch/model/watched-run.ts';
import { watchRoutes } from '../../../coordinator/watch/watch-routes.ts';
import { Exposition } from '../../../src/host/exposition.ts';
import { valueIn } from '../../support/watching.ts';

// how long a moment is, is not to depend on this machine
beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

function scraped() {
  const program = { name: 'run', version: '0', nodeVersion: 'v20', engine: 'wasm', wide: false };
  const facts = { ...program, seed: 1, batchSize: 8, shards: 8, learningRate: 0.1 };
  const watched = new WatchedRun({ ...facts, epochs: 1 }, freshStart);
  let lastScrapes = 0;
  const routes = watchRoutes({
    watched,
    exposition: new Exposition(Object.values(metricTable), () => familiesOf(watched, new Map()), false),
    streams: new PageStreams(new PageState(watched), () => undefined),
    linger: new Linger(),
    onLastScrape: () => lastScrapes++,
    warnOnce: () => undefined,
  });
  const scrape = async (): Promise<string> => {
    let answer = '';
    const end = (text: string, written: () => void) => {
      answer = text;
      written();
    };
    const response = { writeHead: () => undefined, end } as unknown as ServerResponse;
    await routes['/metrics']!({ headers: {} } as IncomingMessage, response, () => undefined);
    return answer;
  };
  return { watched, scrape, lastScrapes: () => lastScrapes };
}

const step = (watched: WatchedRun, number: number) =>
  watched.step(number, { lossSum: 1, correctCount: 1, sampleCount: 8 }, 1, 0.1);

test('a scrape right after another is given the same values, and a later one is not', async () => {
  const { watched, scrape, lastScrapes } = scraped();
  step(watched, 0);
  const first = await scrape();
  expect(valueIn(first, 'lockstep_steps_total')).toBe(1);
  step(watched, 1);
  vi.advanceTimersByTime(200);
  expect(await scrape()).toBe(first);
  vi.advanceTimersByTime(1);
  expect(valueIn(await scrape(), 'lockstep_steps_total')).toBe(2);
  expect(lastScrapes()).toBe(0);
});

test('the first scrape after the end is given the values of the end, and no earlier one counts as the last', async () => {
  const { watched, scrape, lastScrapes } = scraped();
  await scrape();
  step(watched, 0);
  watched.end('done', null);
  expect(lastScrapes()).toBe(0);
  const text = await scrape();
  expect(valueIn(text, 'lockstep_steps_total')).toBe(1);
  expect(valueIn(text, 'lockstep_run_state{state="done"}')).toBe(1);
  expect(lastScrapes()).toBe(1);
});
