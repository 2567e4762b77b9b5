// Which steps of a run an audit computes again, and from where. Pure.

/** Steps [from, to), computed one after the other from the state that step `from` reads: a checkpoint's, or that of step 0. */
export interface AuditRange {
  readonly from: number;
  readonly to: number;
}

/**
 * What has to be computed so that each of the chosen steps is: from the nearest state before it, without computing a step twice.
 * @param states the steps whose states there are, ascending; the first is where the receipts begin
 * @param chosen steps, ascending, none before the first state
 */
export function auditRanges(states: readonly number[], chosen: readonly number[]): AuditRange[] {
  const ranges: { from: number; to: number }[] = [];
  for (const step of chosen) {
    const from = states.findLast((state) => state <= step);
    if (from === undefined) throw new RangeError(`No state before step ${step}`);
    const last = ranges.at(-1);
    if (last !== undefined && last.from === from) last.to = step + 1;
    else ranges.push({ from, to: step + 1 });
  }
  return ranges;
}

export function costOf(ranges: readonly AuditRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}

/**
 * Steps that are drawn one by one; where none is, the one that was nearest to it: of a small share something is shown, too.
 * @param random a 32-bit word for each step
 */
export function drawnSteps(
  first: number,
  end: number,
  share: number,
  random: (count: number) => Uint32Array,
): number[] {
  const words = random(end - first);
  const steps = Array.from(words, (_, i) => first + i);
  const drawn = steps.filter((step) => words[step - first]! < share * 2 ** 32);
  if (drawn.length > 0 || steps.length === 0) return drawn;
  return [steps.reduce((nearest, step) => (words[step - first]! < words[nearest - first]! ? step : nearest))];
}
