// Small pictures for a terminal: two rows of pixels a line, as half blocks in shades of grey, or as letters where there are
// no colours.

const shades = ' .:-=+*#%@';

/** Lines of `columns` cells. */
export function terminalPicture(image: Uint8Array, columns: number, colours: boolean): string[] {
  const rows = image.length / columns;
  const lines: string[] = [];
  for (let y = 0; y < rows; y += 2) {
    let line = '';
    for (let x = 0; x < columns; x++) {
      const upper = image[y * columns + x]!;
      const lower = y + 1 < rows ? image[(y + 1) * columns + x]! : 0;
      if (colours) line += `\x1b[38;5;${grey(upper)};48;5;${grey(lower)}m▀`;
      else line += shades[Math.round((((upper + lower) / 2) * (shades.length - 1)) / 255)];
    }
    lines.push(colours ? `${line}\x1b[0m` : line);
  }
  return lines;
}

/** One line a class: its number, a bar, its probability. */
export function probabilityBars(probabilities: readonly number[]): string[] {
  const width = String(probabilities.length - 1).length;
  return probabilities.map(
    (p, c) => `${String(c).padStart(width)}  ${'='.repeat(Math.round(p * 20)).padEnd(20)}  ${p.toFixed(4)}`,
  );
}

/** Two blocks of lines side by side; those of the left one are `width` cells wide. */
export function besides(left: readonly string[], width: number, right: readonly string[]): string[] {
  const blank = ' '.repeat(width);
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
    `  ${left[i] ?? blank}   ${right[i] ?? ''}`.trimEnd(),
  );
}

/** The 24 greys of the palette of 256 colours. */
function grey(value: number): number {
  return 232 + Math.round((value * 23) / 255);
}
