// What was found in a data set, as lines for a terminal of any width. Knows no file.

import type { LoadedDataset } from '../../src/data/dataset.ts';
import type { Inspection, SplitOfData } from '../../src/data/inspection.ts';
import { cellsOf, inCells } from '../../src/text/cell-width.ts';
import { type ClassNames, classLabel } from '../../src/text/class-label.ts';
import { printable } from '../../src/text/clean-text.ts';
import { wrapped } from '../../src/text/wrapped.ts';
import { table } from './result-text.ts';

const titles: Readonly<Record<SplitOfData, string>> = { train: 'Train', validation: 'Validation', test: 'Test' };
/** Cells of a name that it has at the least, however narrow the terminal. */
const LEAST_NAME = 8;

/** `width`: cells of the terminal; null: it is none. */
export function factsText(
  data: LoadedDataset,
  { splits, pixels, lightGround }: Inspection,
  digest: string,
  width: number | null,
): string {
  const { form, files, testDrawn, train, classes } = data;
  const rows = [
    ['Form', form],
    ...files.map((file, i) => [i === 0 ? 'Files' : '', file]),
    ...splits.map(({ name, set }) => [
      titles[name],
      `${set.count} images${name === 'test' && testDrawn ? ', drawn from those to train on' : ''}`,
    ]),
    ['Size', `${train.rows}x${train.columns} pixels`],
    ['Classes', String(classes)],
    ['Pixels', `${pixels.least} to ${pixels.most}, mean ${pixels.mean.toFixed(2)}, ${pixels.values} values`],
    ['Ground', lightGround ? 'light' : 'dark'],
    ['SHA-256', digest],
  ];
  return table(rows, width);
}

/** A sentence each. */
export function findingsText(found: readonly string[], width: number | null): string {
  if (found.length === 0) return 'Nothing strikes the eye.\n';
  const lines = found.map((message) => `- ${printable(message)}`);
  return `${lines.flatMap((line) => (width === null ? line : wrapped(line, width, 2))).join('\n')}\n`;
}

/** Images by class and split. */
export function countsText({ splits }: Inspection, names: ClassNames, width: number): string {
  const heads = splits.map(({ name }) => titles[name]);
  const columns = splits.map(({ counts }, i) =>
    counts.reduce((wide, count) => Math.max(wide, String(count).length), heads[i]!.length),
  );
  const room = Math.max(LEAST_NAME, width - columns.reduce((sum, wide) => sum + 2 + wide, 0));
  const digits = String(splits[0]!.counts.length - 1).length;
  const rows = splits[0]!.counts.map((_, label) => {
    const number = String(label).padStart(digits);
    const called = names === null ? number : `${number} ${classLabel(names, label)}`;
    return { name: inCells(called, room), counts: splits.map(({ counts }) => counts[label]!) };
  });
  const wide = rows.reduce((most, { name }) => Math.max(most, cellsOf(name)), 'Class'.length);
  const line = (name: string, cells: readonly (string | number)[]) =>
    [name + ' '.repeat(wide - cellsOf(name)), ...cells.map((cell, i) => String(cell).padStart(columns[i]!))].join('  ');
  return [line('Class', heads), ...rows.map(({ name, counts }) => line(name, counts))].join('\n').concat('\n');
}
