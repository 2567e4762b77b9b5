// Pages with a digit on them, as scanners and cameras make them: an MNIST digit enlarged and drawn on paper that has one kind
// of fault. The faults are those that users sent in (clean to tight), and others that paper and light have.

import jpeg from 'jpeg-js';
import type { Picture } from '../../src/image/picture.ts';
import type { Seeded } from './seeded.ts';

export const reported = ['clean', 'speck', 'noise', 'shadow', 'tight'] as const;
export const further = [
  'specks', 'blots', 'gradient', 'dark-shadow', 'light-on-dark', 'pale', 'thin', 'large', 'ruled', 'squared', 'jpeg', 'salt', 'tight-noise', 'vignette',
] as const; // biome-ignore format: a list
export type PageKind = (typeof reported)[number] | (typeof further)[number];

/** Brightness from 0 to 1, so that faults can be added one after the other. */
interface Paper {
  readonly width: number;
  readonly height: number;
  readonly light: Float32Array;
}

/** `digit`: rows of `columns` bytes, 0 is the ground, as in MNIST. */
export function makePage(kind: PageKind, digit: Uint8Array, columns: number, random: Seeded): Picture {
  const tight = kind.startsWith('tight');
  const scale = kind === 'large' ? random.integer(3, 6) : 1;
  const height = scale * random.integer(70, 110);
  const ink = enlarged(cropped(digit, columns), height, kind === 'thin' ? 0.72 : 0);
  const side = scale * 200;
  const [width, high] = tight ? [ink.width, ink.height] : [side, side];
  const place = (room: number, length: number) => (tight ? 0 : random.integer(8 * scale, room - length - 8 * scale));
  const [left, top] = [place(width, ink.width), place(high, ink.height)];
  // how much ink there is, and how dark it and how light the paper are
  const [dark, paper] =
    kind === 'pale' ? [0.62, 0.88] : ['noise', 'shadow', 'large'].includes(kind) ? [0.17, 0.93] : [0, 1];
  const page: Paper = { width, height: high, light: new Float32Array(width * high).fill(paper) };
  if (kind === 'ruled' || kind === 'squared') rule(page, random, kind === 'squared');
  for (let y = 0; y < ink.height; y++) {
    for (let x = 0; x < ink.width; x++) {
      const at = (top + y) * width + left + x;
      page.light[at] = Math.min(page.light[at]!, paper + (dark - paper) * ink.light[y * ink.width + x]!);
    }
  }
  faults[kind]?.(page, random);
  const grey = Uint8Array.from(page.light, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
  return kind === 'jpeg' ? throughJpeg({ width, height: high, grey }) : { width, height: high, grey };
}

const faults: Partial<Record<PageKind, (page: Paper, random: Seeded) => void>> = {
  speck: (page) => dot(page, 14, 14, 2, 0),
  specks: (page, random) => {
    for (let i = random.integer(4, 12); i > 0; i--) scatter(page, random, random.integer(1, 4));
  },
  blots: (page, random) => {
    for (let i = random.integer(1, 2); i > 0; i--) scatter(page, random, random.integer(5, 8));
  },
  noise: (page, random) => addNoise(page, random, 0.035),
  'tight-noise': (page, random) => addNoise(page, random, 0.06),
  salt: (page, random) => {
    for (let i = 0; i < page.light.length; i++) if (random.next() < 0.01) page.light[i] = random.integer(0, 1);
  },
  shadow: (page) => shade(page, (x) => (x >= 0.55 ? 0.615 : 1)),
  'dark-shadow': (page, random) => {
    const [edge, slope, strength] = [0.3 + 0.4 * random.next(), random.next() - 0.5, 0.3 + 0.2 * random.next()];
    shade(page, (x, y) => (x + slope * (y - 0.5) >= edge ? strength : 1));
  },
  gradient: (page, random) => {
    const end = 0.3 + 0.2 * random.next();
    shade(page, random.next() < 0.5 ? (x) => 1 - (1 - end) * x : (x, y) => end + ((1 - end) * (x + y)) / 2);
  },
  vignette: (page, random) => {
    shade(page, (x, y) => 1 - 1.1 * ((x - 0.5) ** 2 + (y - 0.5) ** 2));
    addNoise(page, random, 0.02);
  },
  'light-on-dark': (page, random) => {
    for (let i = 0; i < page.light.length; i++) page.light[i] = 0.12 + 0.75 * (1 - page.light[i]!);
    addNoise(page, random, 0.02);
  },
  pale: (page, random) => addNoise(page, random, 0.02),
  large: (page, random) => addNoise(page, random, 0.05),
};

/** Lines of a notebook: some way apart, thinner and mostly lighter than the pen. */
function rule({ width, height, light }: Paper, random: Seeded, both: boolean): void {
  const [gap, value] = [random.integer(22, 40), 0.45 + 0.3 * random.next()];
  for (let y = random.integer(2, gap); y < height; y += gap) light.fill(value, y * width, (y + 1) * width);
  if (both)
    for (let x = random.integer(2, gap); x < width; x += gap)
      for (let y = 0; y < height; y++) light[y * width + x] = value;
}

function scatter(page: Paper, random: Seeded, size: number): void {
  dot(page, random.integer(0, page.width - size), random.integer(0, page.height - size), size, 0.2 * random.next());
}

function dot({ width, light }: Paper, left: number, top: number, size: number, value: number): void {
  for (let y = top; y < top + size; y++) light.fill(value, y * width + left, y * width + left + size);
}

function addNoise({ light }: Paper, random: Seeded, deviation: number): void {
  // the sum of a few even draws is near enough to a bell
  for (let i = 0; i < light.length; i++) {
    light[i]! += deviation * 1.7 * (random.next() + random.next() + random.next() + random.next() - 2);
  }
}

function shade({ width, height, light }: Paper, part: (x: number, y: number) => number): void {
  for (let i = 0; i < light.length; i++) light[i]! *= part((i % width) / width, Math.floor(i / width) / height);
}

/** What lies within the box of the ink. */
function cropped(digit: Uint8Array, columns: number): Paper {
  const at = [...digit.keys()].filter((i) => digit[i]! > 0);
  const [xs, ys] = [at.map((i) => i % columns), at.map((i) => Math.floor(i / columns))];
  const [left, top, right, bottom] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  const [width, height] = [right - left + 1, bottom - top + 1];
  const light = Float32Array.from({ length: width * height }, (_, i) => {
    return digit[(top + Math.floor(i / width)) * columns + left + (i % width)]! / 255;
  });
  return { width, height, light };
}

/** By straight lines between the pixels. `least`: ink below it is left off, and the rest made strong, which thins strokes. */
function enlarged({ width, height, light }: Paper, longer: number, least: number): Paper {
  const scale = longer / Math.max(width, height);
  const [w, h] = [Math.max(4, Math.round(width * scale)), Math.max(4, Math.round(height * scale))];
  const value = (x: number, y: number) =>
    light[Math.max(0, Math.min(height - 1, y)) * width + Math.max(0, Math.min(width - 1, x))]!;
  const result = new Float32Array(w * h);
  for (let y = 0; y < h; y++) {
    const fy = ((y + 0.5) * height) / h - 0.5;
    const [y0, b] = [Math.floor(fy), fy - Math.floor(fy)];
    for (let x = 0; x < w; x++) {
      const fx = ((x + 0.5) * width) / w - 0.5;
      const [x0, a] = [Math.floor(fx), fx - Math.floor(fx)];
      const upper = value(x0, y0) * (1 - a) + value(x0 + 1, y0) * a;
      const lower = value(x0, y0 + 1) * (1 - a) + value(x0 + 1, y0 + 1) * a;
      const ink = upper * (1 - b) + lower * b;
      result[y * w + x] = least === 0 ? ink : Math.max(0, Math.min(1, (ink - least) / (0.95 - least)));
    }
  }
  return { width: w, height: h, light: result };
}

function throughJpeg({ width, height, grey }: Picture): Picture {
  const data = Buffer.alloc(4 * grey.length);
  grey.forEach((value, i) => {
    data.fill(value, 4 * i, 4 * i + 3);
  });
  const { data: back } = jpeg.decode(jpeg.encode({ width, height, data }, 15).data, { useTArray: true });
  return { width, height, grey: grey.map((_, i) => back[4 * i]!) };
}
