// A sentence as lines of a terminal, broken between words. Pure.

import { cellsOf } from './cell-width.ts';

/** At most `width` cells each; a word that has more is cut. `indent`: blanks before all lines but the first. */
export function wrapped(text: string, width: number, indent = 0): string[] {
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
    for (const character of cellsOf(word) > room() ? word : [word]) {
      if (line !== '' && cellsOf(line) + cellsOf(character) > room()) end();
      line += character;
    }
  }
  end();
  return lines;
}
