// The kinds of option that are quantities with a unit: a link's bandwidth, and a time. Written as people and tools write them
// (1Gbit, 125MB/s, 200us), and refused where it is not sure what is meant.

import type { Kind } from './value-kinds.ts';

const number = String.raw`(\d+(?:\.\d*)?|\.\d+) ?`;
/** A bit by its name, with prefixes in both cases, as tc takes them; letters that alone tell bits from bytes as they are written. */
const inBits = new RegExp(`^${number}([kmgt]?)(?:bit|bits)(?:/s|ps)?$|^${number}([kmgt]?)bps$`, 'i');
const byLetter = new RegExp(`^${number}([kKMGT]i?)?([bB])(?:/s|ps)$`);
const inSeconds = new RegExp(`^${number}(ns|us|µs|μs|ms|s)$`);

const powers: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 };
const milliseconds: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1e3 };

const MOST_BANDWIDTH = 1e13;
const LEAST_BANDWIDTH = 125;
const MOST_LATENCY_MS = 10_000;

/** Bytes a second. */
export const bandwidth: Kind<number> = {
  allowed: 'a number of bits or bytes a second, such as 100Mbit, 1Gbit, 2.5Gbit/s, 100Mbps or 125MB/s, 1 kbit or more',
  accepts: (value) => typeof value === 'number' && value >= LEAST_BANDWIDTH && value <= MOST_BANDWIDTH,
  fromText: (text) => {
    const value = bytesASecond(text);
    return value !== null && bandwidth.accepts(value) ? value : text;
  },
  schema: { type: 'number', minimum: LEAST_BANDWIDTH, maximum: MOST_BANDWIDTH },
};

/** Milliseconds. */
export const latency: Kind<number> = {
  allowed: `a time with its unit, such as 200us, 0.2ms or 0.05s, from 0ms to ${MOST_LATENCY_MS / 1000}s`,
  accepts: (value) => typeof value === 'number' && value >= 0 && value <= MOST_LATENCY_MS,
  fromText: (text) => {
    const [, amount, unit] = inSeconds.exec(text) ?? [];
    const value = text === '0' ? 0 : Number(amount) * milliseconds[unit ?? '']!;
    return latency.accepts(value) ? value : text;
  },
  schema: { type: 'number', minimum: 0, maximum: MOST_LATENCY_MS },
};

function bytesASecond(text: string): number | null {
  const [, amount, unit, others, otherUnit] = inBits.exec(text.replace(/Bps$/, 'B/s')) ?? [];
  const bits = amount ?? others;
  if (bits !== undefined) return (Number(bits) * 1000 ** powers[(unit ?? otherUnit ?? '').toLowerCase()]!) / 8;
  const [, count, prefix = '', letter] = byLetter.exec(text) ?? [];
  if (count === undefined) return null;
  const base = prefix.endsWith('i') ? 1024 : 1000;
  const all = Number(count) * base ** powers[prefix.charAt(0).toLowerCase()]!;
  return letter === 'B' ? all : all / 8;
}

/** As network cards are named: "1 Gbit/s". */
export function bandwidthText(bytes: number): string {
  const bits = bytes * 8;
  const power = bits >= 1e9 ? 3 : bits >= 1e6 ? 2 : bits >= 1e3 ? 1 : 0;
  return `${Number((bits / 1000 ** power).toPrecision(4))} ${['', 'k', 'M', 'G'][power]}bit/s`;
}
