// Of a long run the figures of its first epochs stand apart from its checkpoints, in segments that are written once: else each
// checkpoint would hold them all, and the bytes written would grow with the square of the epochs. Each segment names the one
// before it by its SHA-256, and the checkpoint names the last, so that it vouches for all of them. Pure: text, no disk.

import { createHash } from 'node:crypto';
import { type Checked, checkSegment, jsonText } from './disk-records.ts';
import type { EpochRecord, EpochTiming } from './events.ts';

/** Where the first epochs stand, of a checkpoint that does not hold them itself. */
export interface Apart {
  /** How many. */
  readonly epochs: number;
  /** Of the last segment. */
  readonly sha256: string;
}

export interface Epochs {
  readonly history: readonly EpochRecord[];
  /** One for each entry of `history`. */
  readonly timings: readonly EpochTiming[];
}

const inSegment = 64;
/** Up to here a checkpoint holds all of them, and needs no other file. */
const mostInOne = 128;
/** Up to here history.json is written with each epoch; its bytes in all stay below some megabytes. */
const shortHistory = 256;

/** How many of the first epochs stand apart when there are so many. */
export function epochsApart(epochs: number): number {
  return epochs <= mostInOne ? 0 : Math.floor(epochs / inSegment) * inSegment;
}

/** How many segments hold so many epochs, all that stand apart. */
export function segmentsOf(epochs: number): number {
  return epochs / inSegment;
}

/** The last epoch (1-based) of the n-th segment (0-based). */
export function endOfSegment(n: number): number {
  return (n + 1) * inSegment;
}

/** The n-th segment (0-based) of a run with these epochs. */
export function encodeSegment({ history, timings }: Epochs, n: number, before: string | null): string {
  const [from, to] = [n * inSegment, endOfSegment(n)];
  const body = { before, history: history.slice(from, to), timings: timings.slice(from, to) };
  return `${jsonText(body)}\n`;
}

export function digestOfSegment(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** 00000128-3f1d0c5a9b7e.json: by its content, so that none is ever written over by another. */
export function segmentName({ epochs, sha256 }: Apart): string {
  return `${String(epochs).padStart(8, '0')}-${sha256.slice(0, 12)}.json`;
}

/** The epochs of a segment, and where those before it stand; or why it cannot be used. */
export function decodeSegment(text: string, { epochs, sha256 }: Apart): Checked<Epochs & { before: Apart | null }> {
  if (digestOfSegment(text) !== sha256) return { why: 'it does not have the checksum that the checkpoint vouches for' };
  // whoever can make a checksum can also write something else into it
  const checked = checkSegment(parsed(text));
  if ('why' in checked) return checked;
  const { before, history, timings } = checked.value;
  const first = epochs - inSegment;
  if (history.length !== inSegment || history.some(({ epoch }, i) => epoch !== first + i + 1)) {
    return { why: `it does not hold the epochs ${first + 1} to ${epochs}` };
  }
  if ((before === null) !== (first === 0)) return { why: 'it names no segment before it, or one too many' };
  return { value: { history, timings, before: before === null ? null : { epochs: first, sha256: before } } };
}

/** The epochs of segments and of their checkpoint, in order; or why they do not follow each other. */
export function joined(parts: readonly Epochs[]): Checked<Epochs> {
  const history = parts.flatMap((part) => part.history);
  const timings = parts.flatMap((part) => part.timings);
  const gap = history.findIndex(({ steps }, i) => i > 0 && steps <= history[i - 1]!.steps);
  if (gap !== -1) return { why: `the steps do not grow with epoch ${gap + 1}` };
  return { value: { history, timings } };
}

/**
 * Whether history.json is to be written again, which holds `written` epochs (-1: not known) of `now`. All of it is written
 * each time, so that a long one has to have grown by a part of itself.
 */
export function isHistoryDue(written: number, now: number): boolean {
  return now !== written && (now <= shortHistory || now < written || now >= written + written / 8);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
