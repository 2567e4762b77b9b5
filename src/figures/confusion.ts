// What a classifier takes for what: the confusion matrix, and precision and recall from it. Pure counting.

/** Rows are labels, columns predictions; each cell counts samples. */
export type Confusion = readonly (readonly number[])[];

export function confusionOf(labels: ArrayLike<number>, predictions: ArrayLike<number>, classes: number): Confusion {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]![predictions[i]!]!++;
  return counts;
}

export interface ClassFigures {
  readonly label: number;
  /** Samples of the class, and how many were predicted as it. */
  readonly samples: number;
  readonly predicted: number;
  /** null where nothing was predicted as the class. */
  readonly precision: number | null;
  /** null where the class has no samples. */
  readonly recall: number | null;
}

export function classFigures(confusion: Confusion): ClassFigures[] {
  return confusion.map((row, label) => {
    const correct = row[label]!;
    const samples = row.reduce((sum, count) => sum + count, 0);
    const predicted = confusion.reduce((sum, other) => sum + other[label]!, 0);
    return {
      label,
      samples,
      predicted,
      precision: predicted === 0 ? null : correct / predicted,
      recall: samples === 0 ? null : correct / samples,
    };
  });
}
