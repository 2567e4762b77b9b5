// What the coordinator's watching server answers: metrics, health, service discovery, the live page and its stream.

import { setTimeout as delay } from 'node:timers/promises';
import type { Exposition } from '../../src/host/exposition.ts';
import { plain, type Route } from '../../src/host/http/http-server.ts';
import { readPage } from './live-page/page-file.ts';
import type { PageStreams } from './live-page/page-streams.ts';
import type { Linger } from './metrics/linger.ts';
import type { WatchedRun } from './model/watched-run.ts';

export interface RouteDeps {
  readonly watched: WatchedRun;
  readonly exposition: Exposition;
  readonly streams: PageStreams;
  readonly linger: Linger;
  /** A scrape was answered whole, with the values of the end. */
  readonly onLastScrape: () => void;
  readonly warnOnce: (what: 'scrapes', message: string) => void;
}

/** Within this time the same answer is given again: however often somebody scrapes, training does not notice. */
const FRESH_MS = 200;
const OFTEN_MS = 500;

export function watchRoutes(parts: RouteDeps): Readonly<Record<string, Route>> {
  const { watched, streams } = parts;
  const page = readPage();
  return {
    '/': (_request, response) => void response.writeHead(200, page.headers).end(page.html),
    '/events': (request, response, stays) => {
      if (request.method === 'HEAD') plain(response, 200, '');
      else streams.open(response, request.socket, stays);
    },
    '/metrics': metricsRoute(parts),
    '/healthz': (_request, response) => plain(response, 200, 'ok\n'),
    '/readyz': (_request, response) => {
      const { state, reason } = watched.state;
      const ready = state === 'training' || state === 'evaluating' || state === 'done';
      plain(response, ready ? 200 : 503, `${state}${reason === null ? '' : `: ${reason}`}\n`);
    },
    '/sd': (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(`${JSON.stringify(targetsOf(watched))}\n`);
    },
  };
}

function metricsRoute({ watched, exposition, linger, onLastScrape, warnOnce }: RouteDeps): Route {
  let fresh: { readonly atMs: number; readonly over: boolean; readonly text: Promise<string> } | null = null;
  let lastMs = Number.NEGATIVE_INFINITY;
  let often = 0;
  return async (request, response) => {
    const nowMs = performance.now();
    if (nowMs - lastMs < OFTEN_MS) often++;
    else often = 0;
    lastMs = nowMs;
    if (often === 10)
      warnOnce('scrapes', `/metrics is scraped more than twice a second; answers are up to ${FRESH_MS} ms old`);
    const over = watched.endedMs !== null;
    // the values of the end are not to be missed for an answer of a moment before
    if (fresh === null || fresh.over !== over || nowMs - fresh.atMs > FRESH_MS) {
      fresh = { atMs: nowMs, over, text: exposition.text() };
    }
    const text = await fresh.text;
    response.writeHead(200, { 'content-type': exposition.contentType, 'cache-control': 'no-store' });
    const timeout = Number(request.headers['x-prometheus-scrape-timeout-seconds']);
    linger.scraped(nowMs, timeout > 0 ? timeout * 1000 : null);
    response.end(text, () => {
      if (over) onLastScrape();
    });
  };
}

/** For Prometheus' http_sd_configs: the nodes that serve metrics of their own. */
function targetsOf(watched: WatchedRun) {
  return watched.status.workers.flatMap(({ metricsAddress, name, rank }) =>
    metricsAddress === null
      ? []
      : [{ targets: [metricsAddress], labels: { node: name, worker: String(rank), run: watched.facts.name } }],
  );
}

/** Stays for `patienceMs`, or until `signal` says that it is enough. */
export async function lingerOn(
  patienceMs: number,
  announce: (seconds: number) => void,
  signal: AbortSignal,
): Promise<void> {
  if (patienceMs <= 0 || signal.aborted) return;
  announce(Math.ceil(patienceMs / 1000));
  await delay(patienceMs, undefined, { signal }).catch(() => undefined);
}
