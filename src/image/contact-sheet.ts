// One image of each class, small and side by side, for a terminal of any width. Knows no command.

import type { ImageSet } from '../data/dataset.ts';
import { cellsOf, inCells } from '../text/cell-width.ts';
import { type ClassNames, classLabel } from '../text/class-label.ts';
import { terminalPicture } from './terminal-picture.ts';
import { toSize } from './to-size.ts';

/** Cells across a picture. */
const SIDE = 14;
const GAP = 2;
/** More classes are not shown. */
const MOST_SHOWN = 20;

/** Lines of at most `width` cells, which are at least sixteen; `left`: classes that were not shown. */
export function contactSheet(
  set: ImageSet,
  classes: number,
  names: ClassNames,
  { width, colours }: { readonly width: number; readonly colours: boolean },
): { readonly lines: readonly string[]; readonly left: number } {
  const found = firstOfClasses(set, classes, 1).flatMap(([image], label) =>
    image === undefined ? [] : [{ label, image }],
  );
  const { rows, columns, images } = set;
  const across = Math.min(SIDE, columns);
  const down = Math.max(1, Math.min(SIDE, Math.round((rows * across) / columns)));
  const aRow = Math.max(1, Math.floor((width - GAP) / (SIDE + GAP)));
  const size = rows * columns;
  const blocks = found.slice(0, MOST_SHOWN).map(({ label, image }) => {
    const grey = images.slice(image * size, (image + 1) * size);
    const small = toSize({ width: columns, height: rows, grey }, down, across).grey;
    return { title: inCells(classLabel(names, label), SIDE), picture: terminalPicture(small, across, colours) };
  });
  const lines: string[] = [];
  for (let at = 0; at < blocks.length; at += aRow) {
    const row = blocks.slice(at, at + aRow);
    const margin = ' '.repeat(GAP);
    for (let line = 0; line < row[0]!.picture.length; line++) {
      lines.push(
        row
          .map(({ picture }) => margin + picture[line]! + ' '.repeat(SIDE - across))
          .join('')
          .trimEnd(),
      );
    }
    lines.push(
      row
        .map(({ title }) => margin + title + ' '.repeat(SIDE - cellsOf(title)))
        .join('')
        .trimEnd(),
      '',
    );
  }
  return { lines, left: Math.max(0, found.length - MOST_SHOWN) };
}

/** Numbers of the first images of each class. */
export function firstOfClasses({ labels }: Pick<ImageSet, 'labels'>, classes: number, most: number): number[][] {
  const first = Array.from({ length: classes }, (): number[] => []);
  labels.forEach((label, image) => {
    if (first[label]!.length < most) first[label]!.push(image);
  });
  return first;
}
