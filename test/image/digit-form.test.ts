// Where a digit is found on a page, whatever the light does.

import { expect, it } from 'vitest';
import { mnistForm } from '../../src/data/picture-form.ts';
import { digitForm } from '../../src/image/digit-form.ts';

const side = 240;
const shape = { rows: 28, columns: 28, form: mnistForm(28, 28) };

/** A page with a seven, and so much of its light as `light` says, at places from 0 to 1. */
function seven(light: (x: number, y: number) => number): Uint8Array {
  const grey = new Uint8Array(side * side);
  for (let i = 0; i < grey.length; i++) {
    const [x, y] = [i % side, Math.floor(i / side)];
    const bar = x >= 80 && x < 160 && y >= 60 && y < 74;
    const leg = y >= 74 && y < 180 && Math.abs(x - (152 - (y - 74) * 0.4)) < 7;
    grey[i] = (bar || leg ? 30 : 245) * light(x / side, y / side);
  }
  return digitForm({ width: side, height: side, grey }, shape);
}

const apart = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;

it.each<[string, (x: number, y: number) => boolean]>([
  ['upright', (x) => x > 0.55],
  ['level', (_, y) => y > 0.4],
  ['aslant, from the left above', (x, y) => x + y < 1],
  ['aslant, from the right above', (x, y) => y < x],
  ['aslant, from the left below', (x, y) => y > x],
  ['aslant, from the right below', (x, y) => x + y > 1.1],
  ['steep', (x, y) => x - 0.4 * y > 0.4],
])('under a shadow whose edge is %s', (_, shaded) => {
  const plain = seven(() => 1);
  for (const left of [0.5, 0.6, 0.7]) {
    const dim = seven((x, y) => (shaded(x, y) ? left : 1));
    expect(apart(dim, plain), `${left} of the light`).toBeLessThan(8);
  }
});
