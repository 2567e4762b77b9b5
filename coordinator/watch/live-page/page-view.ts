// What the live page is told, as JSON: the whole of it when a stream begins, afterwards what has changed. Types only; shared
// by the server's side and the page.

import type { Means } from '../../../src/sums.ts';
import type { Transport, WorkerState } from '../../executors/worker-status.ts';
import type { CurvePoint } from '../model/curve.ts';
import type { LoggedEvent } from '../model/event-log.ts';
import type { RunState } from '../model/metric-table.ts';
import type { ValidationPoint } from '../model/watched-run.ts';

export interface PageRun {
  readonly name: string;
  readonly version: string;
  readonly engine: string;
  /** Whether the coordinator has wide vectors. */
  readonly wide: boolean;
  readonly seed: number;
  readonly parameters: number;
  readonly batchSize: number;
  readonly shards: number;
  readonly learningRate: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** Steps that the run is to have. */
  readonly endStep: number;
  readonly trainSamples: number;
}

interface PageProgress {
  /** 1-based; 0 before the first. */
  readonly epoch: number;
  /** Steps committed since the start of the run. */
  readonly step: number;
  /** Of the epoch so far, or of the whole epoch when it has ended; null before the first step. */
  readonly train: Means | null;
  /** Training, over the last few seconds; null where unknown. */
  readonly samplesPerSecond: number | null;
  readonly secondsLeft: number | null;
  /** Since this process began the run, to its end. */
  readonly seconds: number;
}

export interface PageWorker {
  readonly rank: number;
  readonly id: string;
  readonly name: string;
  readonly transport: Transport;
  readonly threads: number;
  readonly wide: boolean;
  readonly shards: number;
  /** null while nothing was measured. */
  readonly samplesPerSecond: number | null;
  readonly silentMs: number | null;
  /** That it left its tasks to others, since something else took its core. */
  readonly restMs: number;
  /** lost: went without a goodbye. */
  readonly state: WorkerState | 'left' | 'lost';
  /** Of those that have gone: why. */
  readonly reason: string | null;
}

/** Part of a list: from number `from` on. Another generation: what came before is void. */
export interface PagePart<T> {
  readonly generation: number;
  readonly from: number;
  readonly items: readonly T[];
}

export interface PageView {
  readonly run: PageRun;
  readonly nowMs: number;
  readonly state: RunState;
  /** Why it waits, paused, or failed. */
  readonly reason: string | null;
  readonly progress: PageProgress;
  readonly validation: Means | null;
  readonly test: Means | null;
  readonly workers: readonly PageWorker[];
  readonly curve: PagePart<CurvePoint>;
  readonly validationCurve: PagePart<ValidationPoint>;
  readonly events: PagePart<LoggedEvent>;
}

/** How far a page is: what it has of the three lists. */
export interface PageCursor {
  readonly curve: { readonly generation: number; readonly length: number };
  readonly validation: { readonly generation: number; readonly length: number };
  readonly events: number;
}

export const nothingSeen: PageCursor = {
  curve: { generation: 0, length: 0 },
  validation: { generation: 0, length: 0 },
  events: 0,
};
