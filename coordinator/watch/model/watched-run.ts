// What is known of a run by watching it: the one place that metrics and the live page read. It is told of steps, phases and
// events, asks the executor for its workers, and keeps everything in bounded memory. Its fields are for reading: it alone
// writes them. Knows neither prom-client nor HTTP.

import { eventLine } from '../../../src/run/event-text.ts';
import type { TrainEvent } from '../../../src/run/events.ts';
import type { Means, Sums } from '../../../src/sums.ts';
import { printable } from '../../../src/text/clean-text.ts';
import {
  type Departure,
  type ExecutorStatus,
  noStatus,
  type Observer,
  type Phase,
  phases,
} from '../../executors/worker-status.ts';
import { Curve } from './curve.ts';
import { EventLog } from './event-log.ts';
import { DurationHistogram } from './histogram.ts';
import { metricTable, type RunState } from './metric-table.ts';
import { ThinnedList } from './thinned-list.ts';

export interface WatchedFacts {
  readonly name: string;
  readonly version: string;
  /** Of the Node that the coordinator runs on. */
  readonly nodeVersion: string;
  readonly engine: string;
  /** Whether the coordinator has wide vectors. */
  readonly wide: boolean;
  readonly seed: number;
  readonly batchSize: number;
  readonly shards: number;
  readonly learningRate: number;
  readonly epochs: number;
}

export interface ValidationPoint extends Means {
  readonly step: number;
  /** Epochs done then. */
  readonly epochs: number;
}

/** Where a resumed run goes on. */
export interface WatchedStart {
  readonly steps: number;
  readonly samples: number;
  /** Unix time in milliseconds of the checkpoint that it goes on from, where that is one of its own; else 0. */
  readonly checkpointMs: number;
  readonly epochs: readonly {
    readonly steps: number;
    readonly train: Means;
    readonly validation: Means | null;
  }[];
}

export const freshStart: WatchedStart = { steps: 0, samples: 0, checkpointMs: 0, epochs: [] };

const CURVE_POINTS = 800;
const CURVE_STEPS = 4;

export class WatchedRun implements Observer {
  readonly facts: WatchedFacts;
  readonly startedMs = Date.now();
  readonly stepDurations = new DurationHistogram(metricTable.stepDuration.buckets);
  readonly phaseDurations: Readonly<Record<Phase, DurationHistogram>>;
  readonly curve = new Curve(CURVE_POINTS, CURVE_STEPS);
  readonly validationCurve = new ThinnedList<ValidationPoint>(CURVE_POINTS);
  readonly events = new EventLog();
  steps = 0;
  samples = 0;
  lastStepMs = 0;
  lastCheckpointMs: number;
  epoch = 0;
  stepsPerEpoch = 0;
  /** 0 before the training begins. */
  endStep = 0;
  trainSamples = 0;
  parameters = 0;
  secondsLeft: number | null = null;
  /** Of the last step; before the first that of the options. */
  learningRate: number;
  /** Of the epoch so far. */
  train: Means | null = null;
  /** Of the last epoch that ended, and of the end. */
  lastMeans: { train: Means | null; validation: Means | null; test: Means | null } = {
    train: null,
    validation: null,
    test: null,
  };
  endedMs: number | null = null;
  #status: () => ExecutorStatus = () => noStatus;
  #last: ExecutorStatus | null = null;
  #state: RunState = 'starting';
  #evaluating = false;
  #reason: string | null = null;
  /** Epochs that have ended, and the steps they had: those before a change may have been of another length. */
  #ended = { epochs: 0, steps: 0 };
  #clockShiftMs = 0;

  constructor(facts: WatchedFacts, start: WatchedStart) {
    this.facts = facts;
    this.learningRate = facts.learningRate;
    const { buckets } = metricTable.phaseDuration;
    this.phaseDurations = Object.fromEntries(
      phases.map((phase) => [phase, new DurationHistogram(buckets)]),
    ) as unknown as Record<Phase, DurationHistogram>;
    this.lastCheckpointMs = start.checkpointMs;
    this.#stand(start);
    start.epochs.forEach(({ steps, validation }, i) => {
      if (validation !== null) this.validationCurve.push({ step: steps, epochs: i + 1, ...validation });
    });
  }

  /** The run goes on from where it stood before: what came after that is undone. */
  goBack(start: Omit<WatchedStart, 'checkpointMs'>): void {
    this.#stand(start);
    this.epoch = start.epochs.length + 1;
    this.train = null;
    this.curve.cut(start.steps);
    this.validationCurve.cut(({ epochs }) => epochs <= start.epochs.length);
  }

  #stand({ steps, samples, epochs }: Omit<WatchedStart, 'checkpointMs'>): void {
    this.steps = steps;
    this.samples = samples;
    this.epoch = epochs.length;
    const last = epochs.at(-1);
    this.lastMeans = { train: last?.train ?? null, validation: last?.validation ?? null, test: null };
    this.#ended = { epochs: epochs.length, steps: last?.steps ?? 0 };
  }

  attach(executors: () => ExecutorStatus): void {
    this.#status = executors;
  }

  phase(phase: Phase, ms: number): void {
    this.phaseDurations[phase].observe(ms / 1000);
  }

  /** A step was committed; it took `ms`, or an unknown time. */
  step(step: number, sums: Sums, ms: number | null, learningRate: number): void {
    this.steps = step + 1;
    this.learningRate = learningRate;
    this.samples += sums.sampleCount;
    this.lastStepMs = Date.now();
    if (ms !== null) this.stepDurations.observe(ms / 1000);
    this.curve.add(step, this.#epochsAt(step + 1), sums, ms === null ? 0 : ms / 1000);
  }

  /** By how much the times in metrics.om are ahead of the machine's clock. */
  get clockShiftMs(): number {
    return this.#clockShiftMs;
  }

  /** A time for metrics.om was taken, so much ahead. */
  clockShifted(ms: number): void {
    this.#clockShiftMs = ms;
  }

  evaluating(now: boolean): void {
    this.#evaluating = now;
  }

  /** The state of this moment, and why it waits or failed. */
  get state(): { readonly state: RunState; readonly reason: string | null } {
    if (this.endedMs !== null) return { state: this.#state, reason: this.#reason };
    const { waiting } = this.status;
    if (waiting !== null) return { state: this.#state === 'starting' ? 'waiting' : 'paused', reason: waiting };
    return { state: this.#state === 'training' && this.#evaluating ? 'evaluating' : this.#state, reason: null };
  }

  /** After the end: as it was then. */
  get status(): ExecutorStatus {
    return this.#last ?? this.#status();
  }

  /** Workers that have gone, after the end as well: then those are let go that were there. */
  get departures(): readonly Departure[] {
    return this.#status().departures;
  }

  tell(event: TrainEvent): void {
    switch (event.type) {
      case 'start':
        this.#state = 'training';
        this.epoch = Math.min(this.epoch + 1, event.epochs);
        this.stepsPerEpoch = event.stepsPerEpoch;
        this.endStep = event.endStep;
        this.trainSamples = event.trainSamples;
        this.parameters = event.parameters;
        this.#note('info', `Training began: ${event.epochs} epochs of ${event.stepsPerEpoch} steps`);
        return;
      case 'progress':
        this.epoch = event.epoch;
        this.train = event.train;
        this.secondsLeft = event.secondsLeft;
        return;
      case 'epoch':
        this.epoch = event.epoch;
        this.train = event.train;
        this.lastMeans.train = event.train;
        this.lastMeans.validation = event.validation;
        if (event.validation !== null) {
          // one that was cut short is a part of an epoch
          const epochs = this.#epochsAt(event.steps);
          this.validationCurve.push({ step: event.steps, epochs, ...event.validation });
        }
        this.#ended = { epochs: event.epoch, steps: event.steps };
        this.#note('good', epochText(event));
        return;
      case 'test':
        this.lastMeans.test = event.figures;
        this.#note('good', `Test: loss ${event.figures.loss.toFixed(4)}, accuracy ${percent(event.figures.accuracy)}`);
        return;
      case 'checkpoint':
        this.lastCheckpointMs = Date.now();
        this.phase('checkpoint', event.seconds * 1000);
        return this.#note('info', `Checkpoint of step ${event.step} in ${event.path}`);
      case 'checkpointFailed':
        return this.#note('warning', `The checkpoint of step ${event.step} failed: ${event.reason}`);
      case 'done':
        return;
      default: {
        const line = eventLine(event);
        if (line !== null) this.#note(line.level, line.text);
      }
    }
  }

  /** The run has ended; `reason` of what was no success. Its workers are kept as they are now. */
  end(state: 'done' | 'stopped' | 'failed', reason: string | null): void {
    if (this.endedMs !== null) return;
    this.#last = this.#status();
    this.endedMs = Date.now();
    this.#state = state;
    this.#reason = reason === null ? null : printable(reason);
    if (state === 'done') this.secondsLeft = 0;
    this.#note(state === 'done' ? 'good' : state === 'failed' ? 'error' : 'warning', reason ?? 'The run is done');
  }

  #epochsAt(steps: number): number {
    return this.#ended.epochs + (steps - this.#ended.steps) / this.stepsPerEpoch;
  }

  #note(level: 'info' | 'good' | 'warning' | 'error', text: string): void {
    this.events.add(Date.now(), level, text);
  }
}

function epochText({ epoch, epochs, train, validation }: TrainEvent & { type: 'epoch' }): string {
  const shown = validation ?? train;
  const name = validation === null ? 'training' : 'validation';
  return `Epoch ${epoch} of ${epochs}: ${name} loss ${shown.loss.toFixed(4)}, accuracy ${percent(shown.accuracy)}`;
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(2)} %`;
}
