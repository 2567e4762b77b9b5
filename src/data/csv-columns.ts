// What the columns of a table of images are, by its first row and what was asked for: is it a header, and where may the labels
// stand? Pure.

import { LockstepError } from '../errors.ts';

export interface CsvColumns {
  readonly count: number;
  /** Null where the first row is one of numbers already. */
  readonly header: readonly string[] | null;
  /** A column of row numbers before all others, as pandas writes one if it is not told not to. */
  readonly hasIndex: boolean;
  /** Columns that may be that of the labels: one, or the first and the last. */
  readonly labels: readonly number[];
}

const labelNames = ['label', 'labels', 'class', 'target', 'y'];
const MOST_SHOWN = 6;
/** So few pixels may well count upwards. */
const FEW = 12;

/** `asked`: --label. @throws LockstepError where that is no column, or none is found */
export function csvColumns(name: string, first: readonly string[], asked: string | null): CsvColumns {
  const hasHeader = isHeader(first, asked);
  const header = hasHeader ? first.map((one) => one.trim()) : null;
  const count = first.length;
  const hasIndex = header?.[0] === '';
  const columns = { count, header, hasIndex };
  if (count < 2) throw noTable(name, 'it has one column, and an image takes several and its label one');
  if (asked !== null) {
    const label = askedColumn(name, header ?? [], count, asked);
    return { ...columns, hasIndex: hasIndex && label !== 0, labels: [label] };
  }
  if (header === null) return { ...columns, labels: [0, count - 1] };
  const found = labelNames.map((each) => header.findIndex((one) => one.toLowerCase() === each)).find((at) => at !== -1);
  if (found !== undefined) return { ...columns, labels: [found] };
  const shown = `${header.slice(0, MOST_SHOWN).join(', ')}${count > MOST_SHOWN ? `, ... ${header.at(-1)}` : ''}`;
  throw noTable(name, `no column of it is named "label", "class", "target" or "y"; there are ${shown}`);
}

function askedColumn(name: string, header: readonly string[], count: number, asked: string): number {
  const byName = header.indexOf(asked);
  if (byName !== -1) return byName;
  const number = /^-?\d{1,9}$/.test(asked) ? Number(asked) : Number.NaN;
  const column = number < 0 ? count + number : number;
  if (column >= 0 && column < count) return column;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_BAD_OPTION',
    what: `There is no column --label ${asked} in ${name}`,
    why: header.length === 0 ? `it has no header, and ${count} columns` : `it has ${count} columns, none of that name`,
    mend: `Give the name of a column, or its number from 0 to ${count - 1}; -1 is the last`,
  });
}

/** Names that are numbers are those of pandas: 0, 1, 2 and so on. */
function isHeader(first: readonly string[], asked: string | null): boolean {
  const isNumber = (text: string) => text.trim() !== '' && Number.isFinite(Number(text));
  const inner = first.slice(1, -1);
  if (inner.some((text) => !isNumber(text))) return true;
  if (asked !== null && !isNumber(asked) && first.includes(asked)) return true;
  if (first.some((text) => labelNames.includes(text.trim().toLowerCase()))) return true;
  return inner.length > FEW && inner.every((text, at) => at === 0 || Number(text) === Number(inner[at - 1]) + 1);
}

function noTable(name: string, why: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MALFORMED',
    what: `It cannot be told which column of ${name} holds the labels`,
    why,
    mend: 'Name it: --label NAME, or by its number from 0: --label 0, --label -1 (the last)',
  });
}

/** Those of a further file of a data set; labels: none where it has no column for them. @throws LockstepError */
export function csvColumnsLike(
  name: string,
  first: readonly string[],
  like: { readonly name: string; readonly columns: CsvColumns; readonly labelColumn: number },
): CsvColumns {
  const { header: known, hasIndex } = like.columns;
  const isLabelled = first.length === like.columns.count;
  const count = first.length;
  const names = known?.filter((_, at) => isLabelled || at !== like.labelColumn);
  // where the first file has a header this one has the same, or none
  const hasHeader = isHeader(first, null);
  const header = hasHeader ? first.map((one) => one.trim()) : null;
  const other = header?.findIndex((one, at) => names !== undefined && one !== names[at]) ?? -1;
  if ((!isLabelled && count !== like.columns.count - 1) || other !== -1) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_DATA_MISMATCH',
      what: `${name} has other columns than ${like.name}`,
      why:
        other === -1
          ? `it has ${count}, and ${like.name} has ${like.columns.count}`
          : `column ${other} is ${shownName(header![other]!)}, and there ${shownName(names![other] ?? '')}`,
      mend: 'Put training and test files of one and the same data set together',
    });
  }
  return { count, header, hasIndex, labels: isLabelled ? [like.labelColumn] : [] };
}

function shownName(name: string): string {
  return JSON.stringify(name.slice(0, 40));
}

/** Of the first and the last column the one that is not the same in all rows: corners of images often are. */
export function labelColumnOf(name: string, candidates: readonly { column: number; distinct: number }[]): number {
  const [only, ...more] = candidates.filter(({ distinct }) => distinct > 1);
  if (only !== undefined && more.length === 0) return only.column;
  const all = candidates.map(
    ({ column, distinct }) => `column ${column} has ${distinct > 256 ? 'more than 256' : distinct}`,
  );
  throw noTable(
    name,
    `it has no header, and the labels may be the first or the last column (${all.join(', ')} different values)`,
  );
}

/** Of what separates fields, that of which there is most in the first line. */
export function separatorOf(head: Uint8Array): number {
  const counts = new Map([0x2c, 0x09, 0x3b].map((byte) => [byte, 0]));
  let quoted = false;
  for (const byte of head) {
    if (byte === 0x22) quoted = !quoted;
    if (byte === 0x0a && !quoted) break;
    if (!quoted && counts.has(byte)) counts.set(byte, counts.get(byte)! + 1);
  }
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}
