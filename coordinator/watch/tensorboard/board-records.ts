// What TensorBoard shows of a run: figures of steps and of epochs -> records, thinned so that those of a long run are no more
// than those of a short one. Pure: it is told the time, and keeps what it is told of in bounded memory.

import {
  type HParam,
  type Moment,
  scalarsRecord,
  startRecord,
  textRecord,
  versionRecord,
} from '../../../src/formats/tensorboard.ts';
import { allowable } from '../../../src/run/differences.ts';
import { jsonText } from '../../../src/run/disk-records.ts';
import type { EpochRecord } from '../../../src/run/events.ts';
import type { Facts } from '../../../src/run/run-record.ts';
import { type Means, meansOf, type Sums } from '../../../src/sums.ts';
import { printable } from '../../../src/text/clean-text.ts';

/** TensorBoard keeps 1,000 points of a curve, drawn by lot; the first and the last come besides. */
const MOST_POINTS = 998;

/** Of a throughput: over a few steps of milliseconds it would only jump. */
const LEAST_SECONDS = 0.25;

type Epoch = Pick<EpochRecord, 'steps' | 'train' | 'validation'>;

export class BoardRecords {
  readonly #stepsApart: number;
  readonly #epochsApart: number;
  /** Since the last throughput. */
  #samples = 0;
  #seconds = 0;
  /** The last epoch, while it has no point. */
  #left: { readonly epoch: number; readonly figures: Epoch } | null = null;

  /** `endStep` and `epochs`: where the run is to end, counted from its start. */
  constructor(endStep: number, epochs: number) {
    this.#stepsApart = Math.max(1, Math.ceil(endStep / MOST_POINTS));
    this.#epochsApart = Math.max(1, Math.ceil(epochs / MOST_POINTS));
  }

  /** The first records of a process that goes on at `steps`; `epochs`: those before, where no other file tells of them. */
  begin(seconds: number, steps: number, config: Facts['config'], epochs: readonly Epoch[]): Uint8Array[] {
    return [
      versionRecord(seconds),
      ...this.goBack(seconds, steps),
      ...epochs.flatMap((figures, i) => this.epoch(seconds, i + 1, figures)),
      textRecord({ seconds, step: steps }, 'configuration', asCode(jsonText(config, 2))),
    ];
  }

  /** `step` was committed in so many milliseconds, or in an unknown time. */
  step(now: () => number, step: number, sums: Sums, ms: number | null, learningRate: number): Uint8Array[] {
    this.#samples += sums.sampleCount;
    this.#seconds += (ms ?? 0) / 1000;
    const done = step + 1;
    if (done !== 1 && done % this.#stepsApart !== 0) return [];
    const { loss, accuracy } = meansOf(sums);
    const figures = new Map([
      ['batch/loss', loss],
      ['batch/accuracy', accuracy],
      ['batch/learning_rate', learningRate],
    ]);
    if (this.#seconds >= LEAST_SECONDS) {
      figures.set('batch/samples_per_second', this.#samples / this.#seconds);
      this.#samples = 0;
      this.#seconds = 0;
    }
    return [scalarsRecord({ seconds: now(), step: done }, figures)];
  }

  /** `epoch`: 1-based. */
  epoch(seconds: number, epoch: number, figures: Epoch): Uint8Array[] {
    const due = epoch === 1 || epoch % this.#epochsApart === 0;
    this.#left = due ? null : { epoch, figures };
    return due ? [epochRecord(seconds, epoch, figures)] : [];
  }

  /** The run is tested after `steps`: that is its end. */
  test(seconds: number, steps: number, test: Means): Uint8Array[] {
    const last = this.#left === null ? [] : [epochRecord(seconds, this.#left.epoch, this.#left.figures)];
    this.#left = null;
    return [...last, scalarsRecord({ seconds, step: steps }, means('test', test))];
  }

  /** Whatever was told of later steps is void. */
  goBack(seconds: number, steps: number): Uint8Array[] {
    this.#samples = 0;
    this.#seconds = 0;
    this.#left = null;
    return [startRecord({ seconds, step: steps + 1 })];
  }
}

function epochRecord(seconds: number, epoch: number, { steps, train, validation }: Epoch): Uint8Array {
  const at: Moment = { seconds, step: steps };
  const ofValidation = validation === null ? [] : means('validation', validation);
  return scalarsRecord(at, new Map([...means('train', train), ...ofValidation, ['epoch', epoch]]));
}

function means(split: 'train' | 'validation' | 'test', { loss, accuracy }: Means): Map<string, number> {
  return new Map([
    [`loss/${split}`, loss],
    [`accuracy/${split}`, accuracy],
  ]);
}

/** What the HParams tab compares runs by: what shows in the bits, and how long they were to be. */
export function hparamsOf({ config, engine }: Pick<Facts, 'config' | 'engine'>): Map<string, HParam> {
  const shown = ['epochs', 'maxSteps', 'patience', ...allowable].filter((name) => name !== 'data');
  const values = shown.flatMap((name): [string, HParam][] => {
    const value = name === 'engine' ? engine : config[name];
    if (typeof value === 'number' || typeof value === 'boolean') return [[name, value]];
    const text = Array.isArray(value) ? value.join(',') : value;
    return typeof text === 'string' ? [[name, printable(text)]] : [];
  });
  return new Map(values);
}

/** By four blanks a line: nothing in it can end it. */
function asCode(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}
