// How many cells of a terminal a text takes, and a text that takes no more than so many. Of text that was cleaned
// (clean-text.ts): what cannot be seen is not in it. Pure.

/** Letters of East Asia, and pictures, take two cells; marks stand above the letter before them. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const mark = /\p{M}/u;

export function cellWidth(text: string): number {
  return [...text].reduce((sum, character) => sum + widthOf(character), 0);
}

/** As it is, or its beginning and an ellipsis. */
export function cut(text: string, cells: number): string {
  if (cellWidth(text) <= cells) return text;
  let kept = '';
  let width = 1;
  for (const character of text) {
    width += widthOf(character);
    if (width > cells) break;
    kept += character;
  }
  return `${kept}…`;
}

export function padded(text: string, cells: number, side: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, cells - cellWidth(text)));
  return side === 'left' ? `${text}${blanks}` : `${blanks}${text}`;
}

function widthOf(character: string): number {
  if (mark.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
