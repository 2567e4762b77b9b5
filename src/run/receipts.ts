// Receipts: what a run says of each of its steps, line by line, each linked to the line before, so that anybody can compute any step
// again and compare. RECEIPTS.md beside this file describes the lines. Pure: text, no disk.

import { hash } from 'node:crypto';
import { type Checked, checkReceipt, checkReceiptsHead, jsonText } from './disk-records.ts';
import { type Change, changeOf } from './run-record.ts';

export const receiptsFileName = 'receipts.jsonl';

/** Raised when a reader of the older form would go wrong. */
const FORM = 1;

/** A line without its link. */
export type Receipt =
  /** The first line: the state that the receipts begin with; step 0, or where an older program's run went on. */
  | { readonly receipts: number; readonly numerics: number; readonly step: number; readonly parameters: string }
  /** The hash of the parameters after so many steps (src/kernels/parameter-hash.ts). */
  | { readonly step: number; readonly parameters: string }
  /** The SHA-256 of the whole state after so many steps (digest.ts). */
  | { readonly step: number; readonly state: string }
  /** What --allow-change let the run do otherwise from this step on. */
  | { readonly step: number; readonly changes: readonly Change[] };

/** Where a chain stands: its bytes, and the link of its last line. */
export interface ReceiptsMark {
  readonly bytes: number;
  readonly link: string;
}

export const emptyChain: ReceiptsMark = { bytes: 0, link: '' };

/** The first line of a chain. */
export function headReceipt(numerics: number, step: number, parameters: string): Receipt {
  return { receipts: FORM, numerics, step, parameters };
}

/** The line of a receipt behind one that has the link `before`; with its newline. */
export function receiptLine(receipt: Receipt, before: string): { readonly line: string; readonly link: string } {
  const body = jsonText(receipt).slice(0, -1);
  const link = linkOf(before, body);
  return { line: `${body},"link":"${link}"}\n`, link };
}

/** SHA-256 in hex of the link before (of the first line nothing) and of the line up to its own link. */
function linkOf(before: string, body: string): string {
  return hash('sha256', before + body);
}

/** All that the receipts of a run say. */
export interface Receipts {
  readonly numerics: number;
  /** The step that they begin with. */
  readonly from: number;
  /** Of the parameters after `from` steps, after `from + 1`, and so on. */
  readonly hashes: readonly string[];
  /** SHA-256 of the whole state after so many steps, where it was noted. */
  readonly states: ReadonlyMap<number, string>;
  readonly changes: readonly Change[];
  /** Where the last whole line ends. */
  readonly end: ReceiptsMark;
}

/** Reads the text of a chain, and checks each link. What is behind the last newline, of a process that was killed, is passed over. */
export function readReceipts(text: string): Checked<Receipts> {
  const lines = text.split('\n').slice(0, -1);
  if (lines.length === 0) return { why: 'it has no whole line' };
  const first = linkedLine(lines[0]!, '', checkReceiptsHead);
  if ('why' in first) return { why: `line 1: ${first.why}` };
  const { receipts, numerics, step: from, parameters } = first.value;
  if (receipts !== FORM) return { why: `it has form ${receipts}, and this program reads form ${FORM}` };
  const hashes = [parameters];
  const states = new Map<number, string>();
  const changes: Change[] = [];
  let { link } = first.value;
  for (const [i, each] of lines.entries()) {
    if (i === 0) continue;
    const found = linkedLine(each, link, checkReceipt);
    if ('why' in found) return { why: `line ${i + 1}: ${found.why}` };
    const { value } = found;
    link = value.link;
    const newest = lastStepOf({ from, hashes });
    const expected = 'parameters' in value ? newest + 1 : newest;
    if (value.step !== expected) return { why: `line ${i + 1}: it is of step ${value.step}, and ${expected} was due` };
    if ('parameters' in value) hashes.push(value.parameters);
    else if ('state' in value) states.set(value.step, value.state);
    else changes.push(...value.changes.map(changeOf));
  }
  const bytes = Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1));
  return { value: { numerics, from, hashes, states, changes, end: { bytes, link } } };
}

function linkedLine<T extends { readonly link: string }>(
  text: string,
  before: string,
  check: (value: unknown) => Checked<T>,
): Checked<T> {
  const at = text.lastIndexOf(',"link":"');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { why: 'it is not JSON' };
  }
  const found = check(value);
  if ('why' in found) return found;
  if (at === -1 || linkOf(before, text.slice(0, at)) !== found.value.link) {
    return { why: 'its link is not that of this line behind the one before: one of them was changed' };
  }
  return found;
}

/** After how many steps their last hash is. */
export function lastStepOf({ from, hashes }: Pick<Receipts, 'from' | 'hashes'>): number {
  return from + hashes.length - 1;
}

/** The steps after which both tell the hash of their parameters, ascending. */
export function commonSteps(a: Receipts, b: Receipts): readonly number[] {
  const from = Math.max(a.from, b.from);
  const end = Math.min(lastStepOf(a), lastStepOf(b));
  return Array.from({ length: Math.max(0, end - from + 1) }, (_, i) => from + i);
}

/** Where two chains part: the first step after which the parameters differ, of those that both tell of. null: nowhere. */
export function firstDifference(a: Receipts, b: Receipts): number | null {
  return commonSteps(a, b).find((step) => a.hashes[step - a.from] !== b.hashes[step - b.from]) ?? null;
}
