// A drawing as SVG: letters are paths, images are PNG in a data URL, colours follow the reader's theme, and paper is light.

import { encodePng } from '../image/png-encode.ts';
import { printableLines } from '../text/clean-text.ts';
import { type Drawing, letters, type Shape, textWidth, themes } from './drawing.ts';

/** The rules that colour the shapes' classes; `root` is what carries the variables. */
export function themeRules(root: string): string {
  const variables = (theme: 'light' | 'dark') =>
    Object.entries(themes[theme])
      .map(([role, colour]) => `--${role}:${colour}`)
      .join(';');
  const classes = Object.keys(themes.light)
    .map((role) => `.f-${role}{fill:var(--${role})}.s-${role}{stroke:var(--${role})}`)
    .join('');
  return (
    `${root}{${variables('light')}}@media screen and (prefers-color-scheme:dark){${root}{${variables('dark')}}}` +
    classes
  );
}

export interface Svg {
  /** A file of its own, with the rules in it. */
  readonly file: string;
  /** For a page that has the rules. */
  readonly element: string;
}

export function toSvg({ title, width, height, shapes }: Drawing): Svg {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`;
  const start = `${head}<title>${escaped(title)}</title>`;
  const paper = `<rect class="f-paper" width="${width}" height="${height}"/>`;
  const end = `${paper}${shapes.map(element).join('')}</svg>\n`;
  return { file: `${start}<style>${themeRules('svg')}</style>${end}`, element: `${start}${end}` };
}

function element(shape: Shape): string {
  switch (shape.kind) {
    case 'rect': {
      const { x, y, width, height, fill, opacity } = shape;
      const alpha = opacity === undefined ? '' : ` fill-opacity="${round(opacity)}"`;
      return `<rect class="f-${fill}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"${alpha}/>`;
    }
    case 'line': {
      const points = shape.points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ');
      return `<polyline class="s-${shape.stroke}" points="${points}" fill="none" stroke-width="${shape.thick}" stroke-linejoin="round" stroke-linecap="round"/>`;
    }
    case 'disc':
      return `<circle class="f-${shape.fill}" cx="${round(shape.x)}" cy="${round(shape.y)}" r="${shape.radius}"/>`;
    case 'text': {
      const { x, y, text, size, fill, anchor, turned } = shape;
      const shift = { start: 0, middle: -0.5, end: -1 }[anchor] * textWidth(text, size);
      const paths = letters(text)
        .filter(({ path }) => path !== '')
        .map(({ path, x: at }) => `<path transform="translate(${at})" d="${path}"/>`)
        .join('');
      const turn = turned ? ' rotate(-90)' : '';
      const place = `translate(${round(x)} ${round(y)})${turn} translate(${round(shift)} 0) scale(${round(size / 1000)})`;
      return `<g class="f-${fill}" transform="${place}" aria-label="${escaped(text)}">${paths}</g>`;
    }
    case 'image': {
      const { x, y, width, height, columns, pixels } = shape;
      const png = encodePng(columns, pixels.length / columns, 1, pixels);
      const base64 = Buffer.from(png).toString('base64');
      return `<image x="${round(x)}" y="${round(y)}" width="${width}" height="${height}" preserveAspectRatio="none" style="image-rendering:pixelated" href="data:image/png;base64,${base64}"/>`;
    }
  }
}

export function escaped(text: string): string {
  return printableLines(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function round(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
