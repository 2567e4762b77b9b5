// A watched run -> what the page is told: the whole, or what has changed since a cursor. It remembers how much each worker
// had done a moment ago, for its speed; reads no clock.

import type { WorkerStatus } from '../../executors/worker-status.ts';
import type { WatchedRun } from '../model/watched-run.ts';
import type { PageCursor, PageRun, PageView, PageWorker } from './page-view.ts';

interface Pace {
  readonly atMs: number;
  readonly samples: number;
  samplesPerSecond: number | null;
}

/** Weight of the newest measurement of a speed. */
const NEWEST = 0.4;
/** Measurements this close to each other are none. */
const SHORTEST_MS = 200;

export class PageState {
  readonly #watched: WatchedRun;
  #paces = new Map<string, Pace>();
  #training: { seconds: number; samples: number } | null = null;
  #rate: number | null = null;

  constructor(watched: WatchedRun) {
    this.#watched = watched;
  }

  view(nowMs: number, since: PageCursor): PageView {
    const { curve, validationCurve, events } = this.#watched;
    const watched = this.#watched;
    const { state, reason } = watched.state;
    const curveFrom = since.curve.generation === curve.generation ? since.curve.length : 0;
    const validationFrom = since.validation.generation === validationCurve.generation ? since.validation.length : 0;
    this.#measure();
    return {
      run: runOf(watched),
      nowMs,
      state,
      reason,
      progress: {
        epoch: watched.epoch,
        step: watched.steps,
        train: watched.train ?? watched.lastMeans.train,
        samplesPerSecond: this.#rate,
        secondsLeft: watched.secondsLeft,
        seconds: ((watched.endedMs ?? nowMs) - watched.startedMs) / 1000,
      },
      validation: watched.lastMeans.validation,
      test: watched.lastMeans.test,
      workers: this.#workers(nowMs),
      curve: { generation: curve.generation, from: curveFrom, items: curve.points(curveFrom) },
      validationCurve: {
        generation: validationCurve.generation,
        from: validationFrom,
        items: validationCurve.items(validationFrom),
      },
      events: { generation: 0, from: since.events, items: events.since(since.events) },
    };
  }

  /** Where a page is that was told everything. */
  get cursor(): PageCursor {
    const { curve, validationCurve, events } = this.#watched;
    return {
      curve: { generation: curve.generation, length: curve.length },
      validation: { generation: validationCurve.generation, length: validationCurve.settled },
      events: events.count,
    };
  }

  /** Samples over the time of their steps: evaluations and pauses do not count. */
  #measure(): void {
    const { samples, stepDurations } = this.#watched;
    const { seconds } = stepDurations;
    const before = this.#training;
    // a run that went back has fewer samples than before
    if (before === null || samples < before.samples) this.#training = { seconds, samples };
    else if (seconds - before.seconds > SHORTEST_MS / 1000) {
      const rate = (samples - before.samples) / (seconds - before.seconds);
      this.#rate = this.#rate === null ? rate : this.#rate + NEWEST * (rate - this.#rate);
      this.#training = { seconds, samples };
    }
  }

  #workers(nowMs: number): PageWorker[] {
    const { departures } = this.#watched;
    const gone = new Set(departures.map(({ worker }) => worker.id));
    const workers = this.#watched.status.workers.filter(({ id }) => !gone.has(id));
    const paces = new Map<string, Pace>();
    const rows: PageWorker[] = workers.map((worker) => {
      const pace = this.#pace(worker, nowMs);
      paces.set(worker.id, pace);
      const { silentMs, state } = worker;
      // at the end they are shown as they were, but none of them works any more
      if (this.#watched.endedMs !== null) {
        return { ...rowOf(worker), samplesPerSecond: null, silentMs: null, state: 'idle', reason: null };
      }
      return { ...rowOf(worker), samplesPerSecond: pace.samplesPerSecond, silentMs, state, reason: null };
    });
    this.#paces = paces;
    const left = departures.map(({ worker, eviction, reason }): PageWorker => {
      const state = eviction === null ? 'left' : 'lost';
      return { ...rowOf(worker), samplesPerSecond: null, silentMs: null, state, reason };
    });
    return [...rows, ...left.reverse()];
  }

  #pace({ id, samples }: WorkerStatus, nowMs: number): Pace {
    const before = this.#paces.get(id);
    if (before === undefined) return { atMs: nowMs, samples, samplesPerSecond: null };
    if (nowMs - before.atMs < SHORTEST_MS || this.#watched.endedMs !== null) return before;
    const rate = ((samples - before.samples) * 1000) / (nowMs - before.atMs);
    const { samplesPerSecond: old } = before;
    return { atMs: nowMs, samples, samplesPerSecond: old === null ? rate : old + NEWEST * (rate - old) };
  }
}

function rowOf({ rank, id, name, transport, threads, wide, shards, restMs }: WorkerStatus) {
  return { rank, id, name, transport, threads, wide, shards, restMs };
}

function runOf({ facts, learningRate, stepsPerEpoch, parameters, trainSamples, endStep }: WatchedRun): PageRun {
  const { nodeVersion: _, ...told } = facts;
  return { ...told, learningRate, stepsPerEpoch, parameters, trainSamples, endStep };
}
