// Which checkpoints stay. Pure.

export interface Kept {
  readonly step: number;
  /** null where no validation was made with these parameters. */
  readonly validationLoss: number | null;
}

/** The best by validation loss; of equals the earliest. null if none has one. */
export function bestOf<T extends Kept>(checkpoints: readonly T[]): T | null {
  const judged = checkpoints.filter(({ validationLoss }) => validationLoss !== null && !Number.isNaN(validationLoss));
  return judged.reduce<T | null>((best, each) => {
    if (best === null || each.validationLoss! < best.validationLoss!) return each;
    return each.validationLoss === best.validationLoss && each.step < best.step ? each : best;
  }, null);
}

/**
 * Those that go when the last `keepLast` and the best by validation loss are kept.
 * @param cleanSteps steps that the run may have to go back to: of each, the newest up to it stays as well
 */
export function toRemove<T extends Kept>(
  checkpoints: readonly T[],
  keepLast: number,
  cleanSteps: readonly number[] = [],
): T[] {
  const newestFirst = [...checkpoints].sort((a, b) => b.step - a.step);
  const best = bestOf(checkpoints);
  const clean = cleanSteps.map((upTo) => newestFirst.find(({ step }) => step <= upTo));
  return newestFirst.slice(keepLast).filter((each) => each !== best && !clean.includes(each));
}
