// How a class is called where people read it: by its name, in the room that there is, or by its number where it has none.
// Pure.

import { cellsOf, inCells } from './cell-width.ts';

/** One a class, cleaned; null: classes are plain numbers from 0. */
export type ClassNames = readonly string[] | null;

export function classLabel(names: ClassNames, label: number): string {
  return names?.[label] ?? String(label);
}

/** Number and name, in at most `most` cells of a terminal: "3 ankle bo...". The number always stands whole. */
export function numberedLabel(names: ClassNames, label: number, most: number, width: number): string {
  const number = String(label).padStart(width);
  if (names === null) return number;
  return `${number} ${inCells(names[label]!, Math.max(4, most - width - 1))}`;
}

/** The names in at most `most` cells each, all filled up to the longest of them. */
export function alignedNames(names: readonly string[], most: number): string[] {
  const short = names.map((name) => inCells(name, most));
  const longest = short.reduce((cells, name) => Math.max(cells, cellsOf(name)), 0);
  return short.map((name) => name + ' '.repeat(longest - cellsOf(name)));
}
