// Names of classes in a figure, which has letters of its own, and few: a name of others is drawn without its accents, or as
// its class's number. What is too long for its place is cut.

import { type ClassNames, classLabel } from '../text/class-label.ts';
import { textWidth } from './drawing.ts';
import { glyphs } from './glyphs.ts';

/** In at most `room` units. */
export function drawnLabel(names: ClassNames, label: number, size: number, room: number): string {
  if (names === null) return String(label);
  const letters = [...classLabel(names, label)].map(drawable);
  if (letters.includes(null)) return String(label);
  const text = letters.join('');
  if (textWidth(text, size) <= room) return text;
  let end = text.length;
  while (end > 1 && textWidth(`${text.slice(0, end)}…`, size) > room) end--;
  return `${text.slice(0, end).trimEnd()}…`;
}

/** As wide as the widest label of all. */
export function widestLabel(names: ClassNames, classes: number, size: number, room: number): number {
  let widest = 0;
  for (let c = 0; c < classes; c++) widest = Math.max(widest, textWidth(drawnLabel(names, c, size, room), size));
  return widest;
}

/** null where there is no such letter. */
function drawable(letter: string): string | null {
  if (letter in glyphs) return letter;
  const bare = letter.normalize('NFD').replace(/\p{M}/gu, '');
  return bare.length === [...bare].length && [...bare].every((one) => one in glyphs) ? bare : null;
}
