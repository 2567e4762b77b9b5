// A reader of event files that shares no code with their writer: records with their checksums, and the fields of protobuf
// that TensorBoard's events have. What is damaged throws.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface ReadEvent {
  readonly seconds: number;
  readonly step: number;
  readonly version: string | null;
  /** Whether a session begins here. */
  readonly start: boolean;
  readonly scalars: ReadonlyMap<string, number>;
  readonly texts: ReadonlyMap<string, string>;
  readonly images: ReadonlyMap<string, { readonly width: number; readonly height: number; readonly png: Uint8Array }>;
  /** Of the HParams tab, by what it is: name -> value, or the status. */
  readonly hparams: ReadonlyMap<string, unknown> | null;
  readonly status: number | null;
}

/** Of all files of a run, in the order of their names. */
export async function eventsOf(run: string, kind = ''): Promise<ReadEvent[]> {
  const names = (await readdir(join(run, 'tensorboard'))).filter((name) => name.endsWith(kind)).sort();
  const files = await Promise.all(names.map((name) => readFile(join(run, 'tensorboard', name))));
  return files.flatMap(readEvents);
}

export function readEvents(bytes: Uint8Array): ReadEvent[] {
  const events: ReadEvent[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    const data = bytes.subarray(at + 12, at + 12 + length);
    if (data.length < length || at + 16 + length > bytes.length) throw new Error('a record is cut short');
    if (view.getUint32(at + 8, true) !== checksum(bytes.subarray(at, at + 8))) throw new Error('a length is damaged');
    if (view.getUint32(at + 12 + length, true) !== checksum(data)) throw new Error('a record is damaged');
    events.push(eventOf(fieldsOf(data)));
    at += 16 + length;
  }
  return events;
}

/** The points of a figure as TensorBoard keeps them: what was void when a later session began is gone. */
export function curveOf(events: readonly ReadEvent[], tag: string): (readonly [step: number, value: number])[] {
  let points: (readonly [number, number])[] = [];
  for (const { step, start, scalars } of events) {
    if (start) points = points.filter(([at]) => at < step);
    const value = scalars.get(tag);
    if (value !== undefined) points.push([step, value]);
  }
  return points;
}

/** Bit by bit, as the polynomial is defined; masked as TensorFlow does it. */
function checksum(data: Uint8Array): number {
  let crc = 0xffffffffn;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ ((crc & 1n) * 0x82f63b78n);
  }
  crc ^= 0xffffffffn;
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
}

type Fields = ReadonlyMap<number, (number | Uint8Array)[]>;

function fieldsOf(bytes: Uint8Array): Fields {
  const fields = new Map<number, (number | Uint8Array)[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let power = 1; ; power *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * power;
      if (byte < 128) return value;
    }
  };
  const value = (kind: number): number | Uint8Array => {
    if (kind === 0) return varint();
    if (kind === 2) {
      const length = varint();
      at += length;
      if (at > bytes.length) throw new Error('a field is cut short');
      return bytes.subarray(at - length, at);
    }
    at += kind === 1 ? 8 : 4;
    return kind === 1 ? view.getFloat64(at - 8, true) : view.getFloat32(at - 4, true);
  };
  while (at < bytes.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    fields.set(number, [...(fields.get(number) ?? []), value(key % 8)]);
  }
  return fields;
}

const inner = (fields: Fields, number: number): Fields[] =>
  (fields.get(number) ?? []).map((bytes) => fieldsOf(bytes as Uint8Array));
const numberOf = (fields: Fields, number: number): number => (fields.get(number)?.[0] as number | undefined) ?? 0;
const textOf = (fields: Fields, number: number): string =>
  new TextDecoder('utf-8', { fatal: true }).decode(
    (fields.get(number)?.[0] as Uint8Array | undefined) ?? new Uint8Array(),
  );

function eventOf(event: Fields): ReadEvent {
  const values = inner(event, 5).flatMap((summary) => inner(summary, 1));
  const tagged = (number: number) => values.filter((value) => value.has(number));
  const pluginOf = (value: Fields) => inner(value, 9).flatMap((metadata) => inner(metadata, 1))[0];
  const info = values.flatMap((value) => pluginOf(value) ?? []).find((plugin) => textOf(plugin, 1) === 'hparams');
  const data = info && inner(info, 2)[0];
  return {
    seconds: numberOf(event, 1),
    step: numberOf(event, 2),
    version: event.has(3) ? textOf(event, 3) : null,
    start: inner(event, 7).some((log) => numberOf(log, 1) === 1),
    scalars: new Map(tagged(2).map((value) => [textOf(value, 1), numberOf(value, 2)])),
    texts: new Map(
      tagged(8)
        .filter((value) => inner(value, 8)[0]!.has(8))
        .map((value) => [textOf(value, 1), textOf(inner(value, 8)[0]!, 8)]),
    ),
    images: new Map(
      tagged(4).map((value) => {
        const [image] = inner(value, 4);
        const png = new Uint8Array(image!.get(4)![0] as Uint8Array);
        return [textOf(value, 1), { height: numberOf(image!, 1), width: numberOf(image!, 2), png }];
      }),
    ),
    hparams: data?.has(3)
      ? new Map(inner(inner(data, 3)[0]!, 1).map((one) => [textOf(one, 1), jsonOf(inner(one, 2)[0]!)]))
      : null,
    status: data?.has(4) ? numberOf(inner(data, 4)[0]!, 1) : null,
  };
}

function jsonOf(value: Fields): unknown {
  if (value.has(2)) return numberOf(value, 2);
  return value.has(3) ? textOf(value, 3) : numberOf(value, 4) === 1;
}
