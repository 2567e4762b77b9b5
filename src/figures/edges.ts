// The edges of a shape's polygons, in pixels, and where a horizontal line meets them. One object serves shape after shape, so
// that drawing leaves no garbage.

import type { Point, Shape } from './drawing.ts';

export class Edges {
  /** Four numbers each: from x, y to x, y. */
  #numbers = new Float64Array(4096);
  #length = 0;
  /** Those that may meet the chosen row: places in `#numbers`, in order. */
  #chosen = new Int32Array(1024);
  #chosenCount = 0;
  /** What `cross` found, from left to right, and in which sense. */
  crossings = new Float64Array(1024);
  turns = new Int8Array(1024);
  left = 0;
  right = 0;
  top = 0;
  bottom = 0;

  clear(): void {
    this.#length = 0;
    this.left = Number.POSITIVE_INFINITY;
    this.top = Number.POSITIVE_INFINITY;
    this.right = 0;
    this.bottom = 0;
  }

  /** A closed polygon. */
  add(points: readonly Point[], scale: number): void {
    this.#makeRoom(points.length);
    let [fromX, fromY] = [points.at(-1)![0] * scale, points.at(-1)![1] * scale];
    for (let i = 0; i < points.length; i++) {
      const x = points[i]![0] * scale;
      const y = points[i]![1] * scale;
      this.#edge(fromX, fromY, x, y);
      fromX = x;
      fromY = y;
    }
  }

  /** An outline of a letter of `text`, `at` thousandths of the size from its start, which is `shift` right of its place. */
  addLetter(
    points: readonly Point[],
    text: Extract<Shape, { kind: 'text' }>,
    shift: number,
    at: number,
    scale: number,
  ): void {
    const { x, y, size, turned } = text;
    this.#makeRoom(points.length);
    let [fromX, fromY] = [0, 0];
    for (let i = -1; i < points.length; i++) {
      const point = points[i === -1 ? points.length - 1 : i]!;
      const dx = shift + ((at + point[0]) * size) / 1000;
      const dy = (point[1] * size) / 1000;
      const toX = (turned ? x + dy : x + dx) * scale;
      const toY = (turned ? y - dx : y + dy) * scale;
      if (i >= 0) this.#edge(fromX, fromY, toX, toY);
      fromX = toX;
      fromY = toY;
    }
  }

  /** Lines within row `row` are to be crossed. */
  chooseRow(row: number): void {
    let count = 0;
    for (let i = 0; i < this.#length; i += 4) {
      const ay = this.#numbers[i + 1]!;
      const by = this.#numbers[i + 3]!;
      if ((ay < row && by < row) || (ay > row + 1 && by > row + 1)) continue;
      this.#chosen[count++] = i;
    }
    this.#chosenCount = count;
  }

  /** Finds where the line at `y`, within the chosen row, meets edges. Returns how often. */
  cross(y: number): number {
    const numbers = this.#numbers;
    const { crossings, turns } = this;
    let count = 0;
    for (let k = 0; k < this.#chosenCount; k++) {
      const i = this.#chosen[k]!;
      const ay = numbers[i + 1]!;
      const by = numbers[i + 3]!;
      if (ay <= y === by <= y) continue;
      const ax = numbers[i]!;
      const here = ax + ((y - ay) * (numbers[i + 2]! - ax)) / (by - ay);
      // behind those that are not right of it
      let at = count++;
      for (; at > 0 && crossings[at - 1]! > here; at--) {
        crossings[at] = crossings[at - 1]!;
        turns[at] = turns[at - 1]!;
      }
      crossings[at] = here;
      turns[at] = by > ay ? 1 : -1;
    }
    return count;
  }

  #edge(fromX: number, fromY: number, x: number, y: number): void {
    const at = this.#length;
    this.#numbers[at] = fromX;
    this.#numbers[at + 1] = fromY;
    this.#numbers[at + 2] = x;
    this.#numbers[at + 3] = y;
    this.#length = at + 4;
    if (x < this.left) this.left = x;
    if (x > this.right) this.right = x;
    if (y < this.top) this.top = y;
    if (y > this.bottom) this.bottom = y;
  }

  #makeRoom(edges: number): void {
    const needed = this.#length / 4 + edges;
    if (needed <= this.#chosen.length) return;
    const room = 2 * needed;
    const numbers = new Float64Array(4 * room);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
    this.#chosen = new Int32Array(room);
    this.crossings = new Float64Array(room);
    this.turns = new Int8Array(room);
  }
}
