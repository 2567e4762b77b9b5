// The classes of an evaluation as lines: how each was recognised, and what it was taken for. Where classes have names, or the
// terminal no room, the largest mistakes stand in the stead of the matrix.

import { type ClassFigures, type Confusion, classFigures } from '../../src/figures/confusion.ts';
import { inCells } from '../../src/text/cell-width.ts';
import { type ClassNames, classLabel, numberedLabel } from '../../src/text/class-label.ts';
import { fits, table } from './result-text.ts';

/** Cells of names: those of the first that fit are taken, so that a line has at most 80, or what narrower terminals have. */
const forms = [
  { name: 26, mistaken: 14, precision: true },
  { name: 12, mistaken: 7, precision: true },
  { name: 10, mistaken: 6, precision: false },
] as const;

/** `width`: cells of the terminal; null: it is none, and has as much as is needed. */
export function classTable(confusion: Confusion, names: ClassNames, width: number | null): string {
  const classes = classFigures(confusion);
  const shown = forms.map((form) => () => mistakesTable(confusion, classes, names, form));
  const all = names === null ? [() => matrixTable(confusion, classes), ...shown] : shown;
  for (const one of all) {
    const text = one();
    if (width === null || fits(text, width)) return text;
  }
  return all.at(-1)!();
}

function matrixTable(confusion: Confusion, classes: readonly ClassFigures[]): string {
  return table([
    ['Label', 'Samples', 'Precision', 'Recall', ...confusion.map((_, label) => `as ${label}`)],
    ...classes.map((one) => [String(one.label), ...figuresOf(one), ...confusion[one.label]!]),
  ]);
}

function mistakesTable(
  confusion: Confusion,
  classes: readonly ClassFigures[],
  names: ClassNames,
  { name, mistaken, precision }: (typeof forms)[number],
): string {
  const digits = String(classes.length - 1).length;
  const rows = classes.map((one) => {
    const taken = mostMistaken(confusion[one.label]!, one.label);
    const [samples, precise, recall] = figuresOf(one);
    return [
      numberedLabel(names, one.label, name, digits),
      samples,
      ...(precision ? [precise] : []),
      recall,
      taken === null ? '-' : `${inCells(classLabel(names, taken.label), mistaken)} (${taken.count})`,
    ];
  });
  const heads = precision
    ? ['Class', 'Samples', 'Precision', 'Recall', 'Most often taken for']
    : ['Class', 'Samples', 'Recall', 'Taken for'];
  return table([heads, ...rows]);
}

function figuresOf({ samples, precision, recall }: ClassFigures): [number, string, string] {
  const shown = (ratio: number | null) => (ratio === null ? '-' : ratio.toFixed(4));
  return [samples, shown(precision), shown(recall)];
}

/** The first of the most frequent other predictions; null: there is none. */
function mostMistaken(row: readonly number[], own: number): { label: number; count: number } | null {
  let most: { label: number; count: number } | null = null;
  row.forEach((count, label) => {
    if (label !== own && count > (most?.count ?? 0)) most = { label, count };
  });
  return most;
}
