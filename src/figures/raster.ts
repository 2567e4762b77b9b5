// A drawing as PNG, in the light theme: every shape becomes polygons, and a pixel's colour is the part of it that they cover,
// sampled at 4 x 4 points (exact in x, four lines in y). Nothing of a browser or of the system is needed.

import { encodePngIn } from '../image/png-encode.ts';
import { type Drawing, letters, type Point, type Shape, textWidth, themes } from './drawing.ts';
import { Edges } from './edges.ts';

const LINES = 4;
/** Of the shape that is drawn: their room is used again. */
const edges = new Edges();

/** Draws one drawing after the other in the same memory: a figure's pixels take some megabytes. */
export class Rasteriser {
  #room = new Uint8Array(0);

  toPng(drawing: Drawing, scale: number): Uint8Array {
    const width = Math.round(drawing.width * scale);
    const height = Math.round(drawing.height * scale);
    const bytes = width * height * 3;
    // what encodes it wants a byte a line more
    if (this.#room.length < bytes + height) this.#room = new Uint8Array(bytes + height);
    const canvas = { width, height, pixels: this.#room.fill(255, 0, bytes), cover: new Float32Array(width) };
    for (const shape of drawing.shapes) draw(canvas, shape, scale);
    return encodePngIn(this.#room.subarray(0, bytes + height), width, height, 3);
  }
}

interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
  /** Of one row: the part of each pixel that a shape covers. */
  readonly cover: Float32Array;
}

function draw(canvas: Canvas, shape: Shape, scale: number): void {
  edges.clear();
  switch (shape.kind) {
    case 'rect': {
      const { x, y, width, height, fill, opacity = 1 } = shape;
      const corners: Point[] = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]; // biome-ignore format: a rectangle
      edges.add(corners, scale);
      return fillEdges(canvas, rgb(fill), opacity);
    }
    case 'line':
      for (const points of stroked(shape.points, shape.thick / 2)) edges.add(points, scale);
      return fillEdges(canvas, rgb(shape.stroke), 1);
    case 'disc':
      edges.add(circle([shape.x, shape.y], shape.radius), scale);
      return fillEdges(canvas, rgb(shape.fill), 1);
    case 'text': {
      const { text, size, anchor } = shape;
      const shift = { start: 0, middle: -0.5, end: -1 }[anchor] * textWidth(text, size);
      for (const { path, x: at } of letters(text)) {
        for (const points of outlines(path)) edges.addLetter(points, shape, shift, at, scale);
      }
      return fillEdges(canvas, rgb(shape.fill), 1);
    }
    case 'image':
      return drawImage(canvas, shape, scale);
  }
}

function drawImage(canvas: Canvas, shape: Extract<Shape, { kind: 'image' }>, scale: number): void {
  const { x, y, width, height, columns, pixels } = shape;
  const rows = pixels.length / columns;
  const [left, top] = [Math.round(x * scale), Math.round(y * scale)];
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
  const from = Math.max(0, -left);
  const to = Math.min(wide, canvas.width - left);
  let drawn = -1;
  for (let py = Math.max(0, -top); py < Math.min(high, canvas.height - top); py++) {
    const row = Math.floor((py * rows) / high) * columns;
    const start = ((top + py) * canvas.width + left) * 3;
    if (row === drawn) {
      // enlarged, most lines are those above
      const before = start - canvas.width * 3;
      canvas.pixels.copyWithin(start + from * 3, before + from * 3, before + to * 3);
      continue;
    }
    drawn = row;
    for (let px = from; px < to; px++) {
      const grey = pixels[row + Math.floor((px * columns) / wide)]!;
      const at = start + px * 3;
      canvas.pixels[at] = grey;
      canvas.pixels[at + 1] = grey;
      canvas.pixels[at + 2] = grey;
    }
  }
}

/** A rectangle for each piece of a line, and a disc for each corner. They overlap, which the winding rule allows. */
function stroked(points: readonly Point[], half: number): Point[][] {
  const polygons: Point[][] = [];
  points.forEach((point, i) => {
    if (points.length > 2) polygons.push(circle(point, half));
    const before = points[i - 1];
    if (before === undefined) return;
    const [dx, dy] = [point[0] - before[0], point[1] - before[1]];
    const length = Math.hypot(dx, dy) || 1;
    const [nx, ny] = [(-dy / length) * half, (dx / length) * half];
    const [[ax, ay], [bx, by]] = [before, point];
    // the same sense of turning as the discs'
    polygons.push([[ax - nx, ay - ny], [bx - nx, by - ny], [bx + nx, by + ny], [ax + nx, ay + ny]]); // biome-ignore format: a rectangle
  });
  return polygons;
}

function circle([x, y]: Point, radius: number): Point[] {
  const corners = 16;
  return Array.from({ length: corners }, (_, i): Point => {
    const angle = (2 * Math.PI * i) / corners;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });
}

/** Of each letter that was drawn: most are drawn again. */
const known = new Map<string, readonly Point[][]>();

function outlines(path: string): readonly Point[][] {
  const found = known.get(path) ?? outlinesOf(path);
  known.set(path, found);
  return found;
}

/** The closed outlines of an SVG path of M, L, H, V, Q and Z in absolute numbers. */
function outlinesOf(path: string): Point[][] {
  const polygons: Point[][] = [];
  let points: Point[] = [];
  let [x, y] = [0, 0];
  for (const [, command, rest] of path.matchAll(/([MLHVQZ])([^MLHVQZ]*)/g)) {
    const numbers = (rest!.match(/-?\d+/g) ?? []).map(Number);
    if (command === 'Z') continue;
    const step = { M: 2, L: 2, H: 1, V: 1, Q: 4 }[command!]!;
    for (let i = 0; i < numbers.length; i += step) {
      const [a = 0, b = 0, c = 0, d = 0] = numbers.slice(i, i + step);
      if (command === 'M' && i === 0) {
        points = [];
        polygons.push(points);
      }
      if (command === 'Q') {
        for (let k = 1; k <= 5; k++) {
          const t = k / 5;
          const [p, q, r] = [(1 - t) * (1 - t), 2 * t * (1 - t), t * t];
          points.push([p * x + q * a + r * c, p * y + q * b + r * d]);
        }
        [x, y] = [c, d];
        continue;
      }
      if (command === 'H') x = a;
      else if (command === 'V') y = a;
      else [x, y] = [a, b];
      points.push([x, y]);
    }
  }
  return polygons;
}

/** Fills what the edges enclose: non-zero winding. */
function fillEdges(canvas: Canvas, colour: Colour, opacity: number): void {
  const { left, right, top, bottom } = edges;
  // most shapes are a word or a mark in a wide drawing
  const from = Math.max(0, Math.floor(left));
  const to = Math.min(canvas.width, Math.ceil(right));
  const { cover, pixels, width } = canvas;
  const [red, green, blue] = colour;
  for (let row = Math.max(0, Math.floor(top)); row < Math.min(canvas.height, Math.ceil(bottom)); row++) {
    cover.fill(0, from, to);
    edges.chooseRow(row);
    for (let line = 0; line < LINES; line++) addLine(cover, row + (line + 0.5) / LINES);
    for (let x = from; x < to; x++) {
      const part = Math.min(1, cover[x]!) * opacity;
      if (part === 0) continue;
      const at = (row * width + x) * 3;
      if (part === 1) {
        pixels[at] = red;
        pixels[at + 1] = green;
        pixels[at + 2] = blue;
        continue;
      }
      pixels[at] = mixed(pixels[at]!, red, part);
      pixels[at + 1] = mixed(pixels[at + 1]!, green, part);
      pixels[at + 2] = mixed(pixels[at + 2]!, blue, part);
    }
  }
}

function mixed(under: number, colour: number, part: number): number {
  return Math.round(under + (colour - under) * part);
}

/** Adds what the edges enclose of one horizontal line, pixel by pixel. */
function addLine(cover: Float32Array, y: number): void {
  const count = edges.cross(y);
  const { crossings, turns } = edges;
  let winding = 0;
  for (let i = 0; i + 1 < count; i++) {
    winding += turns[i]!;
    if (winding === 0) continue;
    const from = Math.max(0, crossings[i]!);
    const to = Math.min(cover.length, crossings[i + 1]!);
    if (to <= from) continue;
    const first = Math.floor(from);
    const last = Math.ceil(to) - 1;
    if (first === last) {
      cover[first]! += (to - from) / LINES;
      continue;
    }
    cover[first]! += (first + 1 - from) / LINES;
    for (let pixel = first + 1; pixel < last; pixel++) cover[pixel]! += 1 / LINES;
    cover[last]! += (to - last) / LINES;
  }
}

type Colour = readonly [red: number, green: number, blue: number];

function rgb(role: keyof (typeof themes)['light']): Colour {
  const colour = Number.parseInt(themes.light[role].slice(1), 16);
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}
