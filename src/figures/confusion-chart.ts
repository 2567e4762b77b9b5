// The confusion matrix as a drawing: labels down, predictions across; the darker, the larger the part of the label's samples.

import type { ClassNames } from '../text/class-label.ts';
import { drawnLabel, widestLabel } from './class-letters.ts';
import type { Confusion } from './confusion.ts';
import { type Drawing, label, type Role, type Shape } from './drawing.ts';

/** Above so many classes cells are too small for numbers, and those of no samples are left out. */
const MOST_NUMBERED = 60;
const SMALL_CELLS = 1200;
const NAME_ROOM = 120;

export function confusionChart(confusion: Confusion, names: ClassNames = null): Drawing {
  const classes = confusion.length;
  const numbered = classes <= MOST_NUMBERED;
  const cell = numbered ? Math.max(30, Math.min(52, Math.floor(620 / classes))) : Math.floor(SMALL_CELLS / classes);
  const size = numbered ? 13 : Math.min(13, 2 * cell);
  const room = names === null ? 0 : widestLabel(names, classes, size, NAME_ROOM);
  // a number needs 12, for which there is room already
  const more = Math.max(0, Math.ceil(room) - 12);
  const frame = { x: 84 + more, y: 66 + more };
  const shapes: Shape[] = [
    label(frame.x + (classes * cell) / 2, 26, 'Prediction', { size: 15, anchor: 'middle' }),
    label(28, frame.y + (classes * cell) / 2, 'Label', { size: 15, anchor: 'middle', turned: true }),
  ];
  const side = classes * cell;
  if (!numbered) {
    const ground = { x: frame.x, y: frame.y, width: side, height: side };
    shapes.push({ kind: 'rect', ...ground, fill: 'grid', opacity: 0.35 });
  }
  /** Where cells are smaller than letters, not every class is named. */
  const every = numbered ? 1 : Math.ceil(size / cell);
  confusion.forEach((row, r) => {
    const total = row.reduce((sum, count) => sum + count, 0) || 1;
    if (r % every === 0)
      shapes.push(...named(drawnLabel(names, r, size, NAME_ROOM), r, { ...frame, cell, size }, names));
    row.forEach((count, c) => {
      if (!numbered && count === 0) return;
      const [x, y] = [frame.x + c * cell, frame.y + r * cell];
      const part = count / total;
      // mistakes are few: the root lets them be seen
      const opacity = count === 0 ? 0 : r === c ? 0.25 + 0.75 * part : 0.12 + 0.88 * Math.sqrt(part);
      const drawn = numbered ? cell - 2 : cell;
      const square = { kind: 'rect', x, y, width: drawn, height: drawn } as const;
      if (numbered) shapes.push({ ...square, fill: 'grid', opacity: 0.35 });
      shapes.push({ ...square, fill: r === c ? 'first' : 'second', opacity });
      if (!numbered) return;
      const fill: Role = count === 0 ? 'muted' : opacity > 0.6 ? 'paper' : 'ink';
      const small = Math.min(13, cell / 3.2);
      const middle = y + cell / 2 + small * 0.36;
      shapes.push(label(x + cell / 2 - 1, middle, String(count), { size: small, fill, anchor: 'middle' }));
    });
  });
  return {
    name: 'confusion',
    title: 'Confusion matrix',
    width: frame.x + side + 24,
    height: frame.y + side + 24,
    shapes,
  };
}

/** A class at its row and at its column; names stand upright there, which numbers need not. */
function named(
  text: string,
  at: number,
  { x, y, cell, size }: { readonly x: number; readonly y: number; readonly cell: number; readonly size: number },
  names: ClassNames,
): Shape[] {
  const centre = (at + 0.5) * cell;
  const row = label(x - 12, y + centre + 5 * (size / 13), text, { size, anchor: 'end' });
  if (names === null) return [row, label(x + centre, y - 12, text, { size, anchor: 'middle' })];
  return [row, label(x + centre + size * 0.36, y - 12, text, { size, anchor: 'start', turned: true })];
}
