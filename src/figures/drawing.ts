// A figure as a list of shapes, in units that are pixels of the SVG. Colours are roles, so that one figure serves light, dark
// and paper. Knows nothing of what becomes of it: svg.ts and raster.ts.

import { glyphs } from './glyphs.ts';

export type Role = 'paper' | 'ink' | 'muted' | 'grid' | 'first' | 'second' | 'black' | 'white';

export type Shape =
  | { kind: 'rect'; x: number; y: number; width: number; height: number; fill: Role; opacity?: number }
  | { kind: 'line'; points: readonly Point[]; stroke: Role; thick: number }
  | { kind: 'disc'; x: number; y: number; radius: number; fill: Role }
  | { kind: 'text'; x: number; y: number; text: string; size: number; fill: Role; anchor: Anchor; turned?: boolean }
  /** Grey pixels, each shown as a square. */
  | { kind: 'image'; x: number; y: number; width: number; height: number; columns: number; pixels: Uint8Array };

export type Point = readonly [x: number, y: number];
type Anchor = 'start' | 'middle' | 'end';

export interface Drawing {
  /** File name without its ending. */
  readonly name: string;
  /** For who cannot see it. */
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
}

/** sRGB; blue and vermillion (light) or sky blue and orange (dark) of Okabe and Ito, which every kind of sight tells apart. */
export const themes: Readonly<Record<'light' | 'dark', Readonly<Record<Role, string>>>> = {
  light: {
    paper: '#ffffff',
    ink: '#1b1f24',
    muted: '#5c6570',
    grid: '#dde2e7',
    first: '#0072b2',
    second: '#d55e00',
    black: '#000000',
    white: '#ffffff',
  },
  dark: {
    paper: '#14181d',
    ink: '#e8ecf0',
    muted: '#9aa5b1',
    grid: '#333b44',
    first: '#56b4e9',
    second: '#e69f00',
    black: '#000000',
    white: '#ffffff',
  },
};

export function textWidth(text: string, size: number): number {
  return [...text].reduce((sum, letter) => sum + (glyphs[letter] ?? glyphs['?']!)[0], 0) * (size / 1000);
}

/** Places of the letters of a text: each one's path and x, in thousandths of the size. */
export function letters(text: string): { path: string; x: number }[] {
  let x = 0;
  return [...text].map((letter) => {
    const [advance, path] = glyphs[letter] ?? glyphs['?']!;
    const placed = { path, x };
    x += advance;
    return placed;
  });
}

export function label(
  x: number,
  y: number,
  text: string,
  { size = 13, fill = 'ink', anchor = 'start', turned = false }: Partial<Extract<Shape, { kind: 'text' }>> = {},
): Shape {
  return { kind: 'text', x, y, text, size, fill, anchor, turned };
}
