// A sentence as lines of a terminal, broken between words. Pure.

import { cellsOf } from './cell-width.ts';

/**
 * At most `width` cells each. `indent`: blanks before all lines but the first. `longWords`: of one that has more cells than a line,
 * whether it is cut, or stands whole on a line of its own, so that a path can still be copied.
 */
export function wrapped(text: string, width: number, indent = 0, longWords: 'cut' | 'whole' = 'cut'): string[] {
  const lines: string[] = [];
  let line = '';
  const room = () => Math.max(1, width - (lines.length === 0 ? 0 : indent));
  const end = () => {
    lines.push(lines.length === 0 ? line : ' '.repeat(indent) + line);
    line = '';
  };
  for (const word of text.split(' ')) {
    if (line !== '' && cellsOf(line) + 1 + cellsOf(word) > room()) end();
    if (line !== '') line += ' ';
    for (const part of longWords === 'cut' && cellsOf(word) > room() ? word : [word]) {
      if (line !== '' && longWords === 'cut' && cellsOf(line) + cellsOf(part) > room()) end();
      line += part;
    }
  }
  end();
  return lines;
}

/** What is told in a sentence: as it is where there is no terminal (null), or where it has room. Long words stand whole. */
export function toldLines(text: string, width: number | null): string[] {
  if (width === null || cellsOf(text) <= width) return [text];
  const words = text.trimStart();
  const blanks = text.slice(0, text.length - words.length);
  return wrapped(words, width - blanks.length, 2, 'whole').map((line) => blanks + line);
}
