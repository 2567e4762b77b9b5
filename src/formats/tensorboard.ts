// What TensorBoard reads, as records of an event file: figures, texts, images, and what its HParams tab shows. Each function
// makes one whole record. Knows nothing of our runs, of files, and of the clock.
//
// Field numbers: tensorflow/core/util/event.proto, framework/summary.proto, framework/tensor.proto, and
// tensorboard/plugins/hparams/plugin_data.proto. Figures and images are written in the older form (`simple_value`, `image`),
// which every reader takes.

import { field, float32, float64, message, number, text } from './protobuf.ts';
import { tfRecord } from './tfrecord.ts';

export interface Moment {
  /** Unix time. */
  readonly seconds: number;
  /** Steps done. */
  readonly step: number;
}

export interface BoardImage {
  readonly tag: string;
  readonly width: number;
  readonly height: number;
  readonly png: Uint8Array;
}

export type HParam = string | number | boolean;

/** The first record of each file. */
export function versionRecord(seconds: number): Uint8Array {
  return tfRecord(message(float64(1, seconds), text(3, 'brain.Event:2')));
}

/** A session begins at `step`: whatever was written before of this or later steps is void, in earlier files as well. */
export function startRecord(at: Moment): Uint8Array {
  const start = 1;
  return event(at, field(7, number(1, start)));
}

/** Figures of one moment, by their tags. */
export function scalarsRecord(at: Moment, figures: ReadonlyMap<string, number>): Uint8Array {
  const values = [...figures].map(([tag, value]) => message(text(1, tag), float32(2, value)));
  return summary(at, values);
}

/** `markdown`: shown as such. */
export function textRecord(at: Moment, tag: string, markdown: string): Uint8Array {
  const string = 7;
  const oneString = message(field(2, message(number(1, 1))));
  const tensor = message(number(1, string), field(2, oneString), text(8, markdown));
  return summary(at, [message(text(1, tag), field(8, tensor), field(9, plugin('text')))]);
}

export function imageRecord(at: Moment, { tag, width, height, png }: BoardImage): Uint8Array {
  const rgb = 3;
  const image = message(number(1, height), number(2, width), number(3, rgb), field(4, png));
  return summary(at, [message(text(1, tag), field(4, image))]);
}

/** What the run was asked; the HParams tab shows it beside the run's figures. `seconds`: when it began. */
export function sessionStartRecord(at: Moment, hparams: ReadonlyMap<string, HParam>): Uint8Array {
  const entries = [...hparams].map(([name, value]) => field(1, message(text(1, name), field(2, jsonValue(value)))));
  return hparamsRecord(at, '_hparams_/session_start_info', field(3, message(...entries, float64(5, at.seconds))));
}

/** It came to its end, or not. */
export function sessionEndRecord(at: Moment, succeeded: boolean): Uint8Array {
  const status = succeeded ? 1 : 2;
  const info = message(number(1, status), float64(2, at.seconds));
  return hparamsRecord(at, '_hparams_/session_end_info', field(4, info));
}

/** The plugin reads the metadata of a tensor, which itself stands for nothing. */
function hparamsRecord(at: Moment, tag: string, info: Uint8Array): Uint8Array {
  const float = 1;
  const oneZero = message(number(1, float), field(2, message(field(2, message(number(1, 1))))), float32(5, 0));
  return summary(at, [message(text(1, tag), field(8, oneZero), field(9, plugin('hparams', info)))]);
}

/** google.protobuf.Value */
function jsonValue(value: HParam): Uint8Array {
  if (typeof value === 'number') return float64(2, value);
  return typeof value === 'string' ? text(3, value) : number(4, value ? 1 : 0);
}

/** SummaryMetadata */
function plugin(name: string, content: Uint8Array = new Uint8Array()): Uint8Array {
  return field(1, message(text(1, name), field(2, content)));
}

function summary(at: Moment, values: readonly Uint8Array[]): Uint8Array {
  return event(at, field(5, message(...values.map((value) => field(1, value)))));
}

function event({ seconds, step }: Moment, what: Uint8Array): Uint8Array {
  return tfRecord(message(float64(1, seconds), number(2, step), what));
}
