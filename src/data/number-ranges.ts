// Lists of numbers as people write them, "5,17,100-120", and in one form: ascending, and as short as can be. Pure.

export interface NumberRange {
  readonly first: number;
  /** The last of them itself. */
  readonly last: number;
}

const MOST = 2 ** 31 - 1;

/** The ranges of a text, ascending and apart from each other; null where it is no such list, or a number is beyond 2^31 - 1. */
export function rangesOf(text: string): readonly NumberRange[] | null {
  const read = text.split(',').map((part) => /^ *(\d{1,10})(?: *- *(\d{1,10}))? *$/.exec(part));
  const ranges: { first: number; last: number }[] = [];
  for (const found of read) {
    if (found === null) return null;
    const first = Number(found[1]);
    const last = Number(found[2] ?? found[1]);
    if (last < first || last > MOST) return null;
    ranges.push({ first, last });
  }
  ranges.sort((a, b) => a.first - b.first);
  const apart: { first: number; last: number }[] = [];
  for (const range of ranges) {
    const before = apart.at(-1);
    if (before !== undefined && range.first <= before.last + 1) before.last = Math.max(before.last, range.last);
    else apart.push(range);
  }
  return apart;
}

/** Two that are equal have equal texts. */
export function rangesText(ranges: readonly NumberRange[]): string {
  return ranges.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}

/** Whether a number lies in one of some ascending ranges. */
export function isWithin(ranges: readonly NumberRange[], number: number): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]!.last < number) low = middle + 1;
    else high = middle;
  }
  return low < ranges.length && ranges[low]!.first <= number;
}
