// The classes of an evaluation as lines: how each was recognised, and what it was taken for. Where classes have names, these take
// the room of the matrix, of which the largest mistakes stay; with numbers it stands whole.

import { type ClassFigures, type Confusion, classFigures } from '../../src/figures/confusion.ts';
import { inCells } from '../../src/text/cell-width.ts';
import { type ClassNames, numberedLabel } from '../../src/text/class-label.ts';
import { table } from './result-text.ts';

/** Cells of a name: with these a line has at most 80. */
const NAME = 26;
const MISTAKEN = 14;

export function classTable(confusion: Confusion, names: ClassNames): string {
  const classes = classFigures(confusion);
  if (names !== null) return namedTable(confusion, classes, names);
  return table([
    ['Label', 'Samples', 'Precision', 'Recall', ...confusion.map((_, label) => `as ${label}`)],
    ...classes.map((one) => [String(one.label), ...figuresOf(one), ...confusion[one.label]!]),
  ]);
}

function namedTable(confusion: Confusion, classes: readonly ClassFigures[], names: readonly string[]): string {
  const width = String(names.length - 1).length;
  return table([
    ['Class', 'Samples', 'Precision', 'Recall', 'Most often taken for'],
    ...classes.map((one) => {
      const mistaken = mostMistaken(confusion[one.label]!, one.label);
      return [
        numberedLabel(names, one.label, NAME, width),
        ...figuresOf(one),
        mistaken === null ? '-' : `${inCells(names[mistaken.label]!, MISTAKEN)} (${mistaken.count})`,
      ];
    }),
  ]);
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
