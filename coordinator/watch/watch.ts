// Watching one run, put together: what is known of it, its server with metrics and live page, its push, its metrics.om
// and its event files for TensorBoard.
// Whatever goes wrong once it is there costs a warning, never the run.

import type { Exposition } from '../../src/host/exposition.ts';
import { WatchServer } from '../../src/host/http/http-server.ts';
import { isLoopback } from '../../src/host/loopback.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import { splitAddress } from '../../src/text/credentials.ts';
import type { Executor } from '../executors/executor.ts';
import type { Observer } from '../executors/worker-status.ts';
import { PageState } from './live-page/page-state.ts';
import { PageStreams } from './live-page/page-streams.ts';
import { ForwardClock } from './metrics/forward-clock.ts';
import { Linger } from './metrics/linger.ts';
import { type Before, familiesOf } from './metrics/metric-families.ts';
import { lastTimeMs, lastValues, openMetricsText, type Snapshot } from './metrics/open-metrics.ts';
import { pushOnce } from './metrics/push-gateway.ts';
import { metricTable } from './model/metric-table.ts';
import { ObservedExecutor } from './model/observed-executor.ts';
import { ThinnedList } from './model/thinned-list.ts';
import { type WatchedFacts, WatchedRun, type WatchedStart } from './model/watched-run.ts';
import { Board, type BoardDeps } from './tensorboard/board.ts';
import { lingerOn, watchRoutes } from './watch-routes.ts';

const DEFAULT_PORT = 9464;
const MOST_SNAPSHOTS = 400;
const WRITE_EVERY_MS = 10_000;
/** Milliseconds between two writings of metrics.om for each that making its text took: of a long run it is megabytes. */
const WRITE_PAUSE = 300;

export interface WatchDeps {
  readonly options: TrainOptions;
  readonly facts: WatchedFacts;
  readonly start: WatchedStart;
  /** metrics.om of an earlier process of this run; empty where there was none. */
  readonly earlier: string;
  readonly onEvent: (event: TrainEvent) => void;
  /** Writes metrics.om into the run folder; null where there is none. */
  readonly write: ((text: string) => Promise<void>) | null;
  /** null: nothing is written for TensorBoard. */
  readonly board: BoardDeps | null;
}

export class Watch {
  /** Passes events on, and remembers them. */
  readonly onEvent: (event: TrainEvent) => void;
  readonly #watched: WatchedRun;
  readonly #parts: WatchDeps;
  /** Counters' values at the end of the process before. */
  readonly #before: Before;
  /** null: nobody scrapes, and nothing is pushed. */
  #exposition: Exposition | null = null;
  readonly #clock: ForwardClock;
  readonly #snapshots = new ThinnedList<Snapshot>(MOST_SNAPSHOTS);
  readonly #linger = new Linger();
  readonly #board: Board | null;
  readonly #warned = new Set<string>();
  #streams: PageStreams | null = null;
  #server: WatchServer | null = null;
  /** Aborted when somebody has scraped the values of the end. */
  readonly #lastScrape = new AbortController();
  #writing: Promise<void> = Promise.resolve();
  #writtenMs = performance.now();
  #writeEveryMs = WRITE_EVERY_MS;

  private constructor(parts: WatchDeps) {
    this.#parts = parts;
    this.#before = lastValues(parts.earlier);
    this.#clock = new ForwardClock(lastTimeMs(parts.earlier), Date.now);
    const watched = new WatchedRun(parts.facts, parts.start);
    this.#watched = watched;
    this.#board = parts.board && new Board(parts.board, (message) => this.#warnOnce('board', message));
    this.onEvent = (event) => {
      watched.tell(event);
      this.#board?.tell(event);
      parts.onEvent(event);
      if (event.type === 'epoch') this.#snapshot();
      // so that little is missing after a process that was killed
      if (event.type === 'checkpoint' && performance.now() - this.#writtenMs > this.#writeEveryMs) void this.#write();
    };
  }

  /**
   * null: nobody watches, and nothing is left to be read.
   * @throws LockstepError where what was asked for cannot be listened at
   */
  static async start(parts: WatchDeps): Promise<Watch | null> {
    const port = servedPort(parts.options);
    if (port === null && parts.options.pushgateway === null && parts.write === null) return null;
    const watch = new Watch(parts);
    if (port !== null || parts.options.pushgateway !== null) watch.#exposition = await watch.#exposed(port !== null);
    if (port !== null) await watch.#serve(port);
    return watch;
  }

  async #exposed(processMetrics: boolean): Promise<Exposition> {
    // not at the top: a run that nobody scrapes need not wait for prom-client to load
    const { Exposition } = await import('../../src/host/exposition.ts');
    const families = () => familiesOf(this.#watched, this.#before);
    return new Exposition(Object.values(metricTable), families, processMetrics);
  }

  get observer(): Observer {
    return this.#watched;
  }

  observe(executor: Executor, memory: RunMemory): Executor {
    return new ObservedExecutor(executor, memory, this.#watched, (...told) => this.#board?.step(...told));
  }

  /** The run goes on from where it stood before. */
  goBack(start: Omit<WatchedStart, 'checkpointMs'>): void {
    this.#watched.goBack(start);
    this.#board?.goBack(start.steps);
  }

  /** The run has ended: the last word to everybody who listens. `reason`: why it was no success. */
  async end(state: 'done' | 'stopped' | 'failed', reason: string | null): Promise<void> {
    this.#watched.end(state, reason);
    this.#snapshot();
    this.#streams?.flush();
    await this.#write();
    await this.#board?.end(state);
  }

  /** After `end`: pushes, waits for one more scrape, if it was being scraped, and closes. */
  async close(signal: AbortSignal): Promise<void> {
    // nodes were let go since the end
    this.#streams?.flush();
    await this.#push();
    if (this.#server !== null) await this.#stay(this.#server, signal);
    this.#streams?.close();
    await this.#server?.close();
  }

  async #push(): Promise<void> {
    const { options, facts } = this.#parts;
    if (options.pushgateway === null || this.#exposition === null) return;
    const body = { text: await this.#exposition.text(), contentType: this.#exposition.contentType };
    const failed = await pushOnce(options.pushgateway, facts.name, body);
    if (failed !== null)
      this.#warnOnce('push', `the Pushgateway at ${splitAddress(options.pushgateway)?.url} was not reached: ${failed}`);
  }

  async #stay({ url }: WatchServer, signal: AbortSignal): Promise<void> {
    const { metricsLinger } = this.#parts.options;
    const forcedMs = metricsLinger === null ? null : metricsLinger * 1000;
    const announce = (seconds: number) => {
      // an error is only printed when the run has been closed
      const { reason } = this.#watched.state;
      const what = reason === null ? '' : `${reason}. `;
      const most = forcedMs === null ? 'one more scrape, at most ' : '';
      this.#parts.onEvent({
        type: 'info',
        message: `${what}Metrics stay at ${url} for ${most}${seconds} s; Ctrl-C ends it`,
      });
    };
    const until = forcedMs === null ? AbortSignal.any([signal, this.#lastScrape.signal]) : signal;
    await lingerOn(forcedMs ?? this.#linger.patienceMs(performance.now()), announce, until);
  }

  async #serve(port: number): Promise<void> {
    const { options } = this.#parts;
    const streams = new PageStreams(new PageState(this.#watched), (what, message) => this.#warnOnce(what, message));
    const routes = watchRoutes({
      watched: this.#watched,
      exposition: this.#exposition!,
      streams,
      linger: this.#linger,
      onLastScrape: () => this.#lastScrape.abort(),
      warnOnce: (what, message) => this.#warnOnce(what, message),
    });
    const { metricsHost: host, allowHost } = options;
    // a port that nobody asked for is no reason to complain
    const orAny = options.metricsPort === null;
    const server = await WatchServer.listen({ host, port, orAny, allowHost }, routes);
    this.#streams = streams;
    this.#server = server;
    this.onEvent({ type: 'metricsAt', url: server.url, ...server.bound });
    if (!isLoopback(host)) {
      this.#warnOnce('open', `anybody who can reach ${host} may read this run's metrics and live page`);
    }
  }

  #snapshot(): void {
    if (this.#parts.write === null) return;
    const atMs = this.#clock.next();
    this.#watched.clockShifted(this.#clock.shiftMs);
    // two snapshots of one millisecond are nothing to speak of
    if (this.#clock.shiftMs >= 1000) {
      const seconds = (this.#clock.shiftMs / 1000).toFixed(0);
      this.#warnOnce(
        'clock',
        `this machine's clock stands ${seconds} s before the last time in metrics.om; its times go on from there, and lockstep_metrics_clock_shift_seconds tells how far ahead they are`,
      );
    }
    this.#snapshots.push({ atMs, families: familiesOf(this.#watched, this.#before) });
  }

  /** One after the other: whoever wrote last stays. */
  #write(): Promise<void> {
    const { write, earlier } = this.#parts;
    if (write === null) return this.#writing;
    this.#writtenMs = performance.now();
    const text = openMetricsText(this.#snapshots.items(), earlier);
    this.#writeEveryMs = Math.max(WRITE_EVERY_MS, WRITE_PAUSE * (performance.now() - this.#writtenMs));
    this.#writing = this.#writing.then(() =>
      write(text).catch((error: Error) => this.#warnOnce('file', `metrics.om was not written: ${error.message}`)),
    );
    return this.#writing;
  }

  #warnOnce(what: string, message: string): void {
    if (this.#warned.has(what)) return;
    this.#warned.add(what);
    this.onEvent({ type: 'warning', message });
  }
}

/** The port to serve at; null: none. On by itself only where other machines take part. */
function servedPort({ metricsPort, listen }: TrainOptions): number | null {
  if (metricsPort === 'off') return null;
  return metricsPort ?? (listen === null ? null : DEFAULT_PORT);
}
