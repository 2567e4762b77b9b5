// How many cells of a terminal a text takes: letters of East Asia and pictographs take two, marks that are set upon a letter
// none. Pure.

const wide =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]$/u;
const none = /^\p{M}$/u;
const plain = /^[ -~]*$/;
const cut = '...';

export function cellsOf(text: string): number {
  if (plain.test(text)) return text.length;
  let cells = 0;
  for (const character of text) cells += cellsOfOne(character);
  return cells;
}

/** The text, or its beginning and three dots, in at most `most` cells, which are at least three. */
export function inCells(text: string, most: number): string {
  if (cellsOf(text) <= most) return text;
  let kept = '';
  let cells = cut.length;
  for (const character of text) {
    cells += cellsOfOne(character);
    if (cells > most) break;
    kept += character;
  }
  return kept + cut;
}

export function padded(text: string, cells: number, side: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, cells - cellsOf(text)));
  return side === 'left' ? `${text}${blanks}` : `${blanks}${text}`;
}

function cellsOfOne(character: string): number {
  if (none.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
