// From images, one after the other, to rows that have one pixel of each.

import { highBytes, lowBytes } from './inlined';
import { TILE } from './structs';

/**
 * Turns TILE images, `bytes` apart, into rows of TILE pixels: row i has pixel i of each, for `pixels` rows at `target`.
 * Four rounds of a perfect shuffle are a transposition of sixteen by sixteen.
 */
export function transpose16(images: usize, bytes: i32, pixels: i32, target: usize): void {
  let at = images;
  let to = target;
  let left = pixels;
  for (; left >= 16; left -= 16) {
    const a0 = v128.load(at);
    const a1 = v128.load(at + 1 * bytes);
    const a2 = v128.load(at + 2 * bytes);
    const a3 = v128.load(at + 3 * bytes);
    const a4 = v128.load(at + 4 * bytes);
    const a5 = v128.load(at + 5 * bytes);
    const a6 = v128.load(at + 6 * bytes);
    const a7 = v128.load(at + 7 * bytes);
    const a8 = v128.load(at + 8 * bytes);
    const a9 = v128.load(at + 9 * bytes);
    const a10 = v128.load(at + 10 * bytes);
    const a11 = v128.load(at + 11 * bytes);
    const a12 = v128.load(at + 12 * bytes);
    const a13 = v128.load(at + 13 * bytes);
    const a14 = v128.load(at + 14 * bytes);
    const a15 = v128.load(at + 15 * bytes);
    const b0 = lowBytes(a0, a8);
    const b1 = highBytes(a0, a8);
    const b2 = lowBytes(a1, a9);
    const b3 = highBytes(a1, a9);
    const b4 = lowBytes(a2, a10);
    const b5 = highBytes(a2, a10);
    const b6 = lowBytes(a3, a11);
    const b7 = highBytes(a3, a11);
    const b8 = lowBytes(a4, a12);
    const b9 = highBytes(a4, a12);
    const b10 = lowBytes(a5, a13);
    const b11 = highBytes(a5, a13);
    const b12 = lowBytes(a6, a14);
    const b13 = highBytes(a6, a14);
    const b14 = lowBytes(a7, a15);
    const b15 = highBytes(a7, a15);
    const c0 = lowBytes(b0, b8);
    const c1 = highBytes(b0, b8);
    const c2 = lowBytes(b1, b9);
    const c3 = highBytes(b1, b9);
    const c4 = lowBytes(b2, b10);
    const c5 = highBytes(b2, b10);
    const c6 = lowBytes(b3, b11);
    const c7 = highBytes(b3, b11);
    const c8 = lowBytes(b4, b12);
    const c9 = highBytes(b4, b12);
    const c10 = lowBytes(b5, b13);
    const c11 = highBytes(b5, b13);
    const c12 = lowBytes(b6, b14);
    const c13 = highBytes(b6, b14);
    const c14 = lowBytes(b7, b15);
    const c15 = highBytes(b7, b15);
    const d0 = lowBytes(c0, c8);
    const d1 = highBytes(c0, c8);
    const d2 = lowBytes(c1, c9);
    const d3 = highBytes(c1, c9);
    const d4 = lowBytes(c2, c10);
    const d5 = highBytes(c2, c10);
    const d6 = lowBytes(c3, c11);
    const d7 = highBytes(c3, c11);
    const d8 = lowBytes(c4, c12);
    const d9 = highBytes(c4, c12);
    const d10 = lowBytes(c5, c13);
    const d11 = highBytes(c5, c13);
    const d12 = lowBytes(c6, c14);
    const d13 = highBytes(c6, c14);
    const d14 = lowBytes(c7, c15);
    const d15 = highBytes(c7, c15);
    const e0 = lowBytes(d0, d8);
    const e1 = highBytes(d0, d8);
    const e2 = lowBytes(d1, d9);
    const e3 = highBytes(d1, d9);
    const e4 = lowBytes(d2, d10);
    const e5 = highBytes(d2, d10);
    const e6 = lowBytes(d3, d11);
    const e7 = highBytes(d3, d11);
    const e8 = lowBytes(d4, d12);
    const e9 = highBytes(d4, d12);
    const e10 = lowBytes(d5, d13);
    const e11 = highBytes(d5, d13);
    const e12 = lowBytes(d6, d14);
    const e13 = highBytes(d6, d14);
    const e14 = lowBytes(d7, d15);
    const e15 = highBytes(d7, d15);
    v128.store(to, e0);
    v128.store(to, e1, 16);
    v128.store(to, e2, 32);
    v128.store(to, e3, 48);
    v128.store(to, e4, 64);
    v128.store(to, e5, 80);
    v128.store(to, e6, 96);
    v128.store(to, e7, 112);
    v128.store(to, e8, 128);
    v128.store(to, e9, 144);
    v128.store(to, e10, 160);
    v128.store(to, e11, 176);
    v128.store(to, e12, 192);
    v128.store(to, e13, 208);
    v128.store(to, e14, 224);
    v128.store(to, e15, 240);
    at += 16;
    to += 256;
  }
  for (; left > 0; left--, at++, to += TILE) {
    for (let i = 0; i < TILE; i++) store<u8>(to + i, load<u8>(at + i * bytes));
  }
}
