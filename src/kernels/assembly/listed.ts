// Sums over the inputs that a list has: what is not 0. As inlined.ts has it, biome cannot read this file.

import { COLUMNS_BYTES, LayerScratch, WIDE } from './structs';

/** How many inputs `count` samples have in their lists. */
export function listedInputs(inputs: LayerScratch, count: i32): i32 {
  let listed = 0;
  for (let i = 0; i < count; i++) listed += load<i32>(inputs.counts + (i << 2));
  return listed;
}

/**
 * Columns [first, last) of target = the row at `from` + the sum over the inputs listed at [entries, end), in order, of value * row.
 * COLUMNS_BYTES of columns stay in registers.
 */
// @ts-ignore: decorator
@inline
export function addInputs(
  weights: usize,
  entries: usize,
  end: usize,
  first: i32,
  blocksEnd: i32,
  last: i32,
  from: usize,
  target: usize,
): void {
  let column = first;
  for (; column < blocksEnd; column += COLUMNS_BYTES) {
    const rows = weights + column;
    const start = from + column;
    let s0 = v128.load(start);
    let s1 = v128.load(start, 16);
    let s2 = v128.load(start, 32);
    let s3 = v128.load(start, 48);
    let s4 = v128.load(start, 64);
    let s5 = v128.load(start, 80);
    let s6 = v128.load(start, 96);
    let s7 = WIDE ? v128.load(start, 112) : s6;
    for (let e = entries; e < end; e += 8) {
      const row = rows + load<u32>(e);
      const value = v128.load32_splat(e, 4);
      s0 = f32x4.add(s0, f32x4.mul(value, v128.load(row)));
      s1 = f32x4.add(s1, f32x4.mul(value, v128.load(row, 16)));
      s2 = f32x4.add(s2, f32x4.mul(value, v128.load(row, 32)));
      s3 = f32x4.add(s3, f32x4.mul(value, v128.load(row, 48)));
      s4 = f32x4.add(s4, f32x4.mul(value, v128.load(row, 64)));
      s5 = f32x4.add(s5, f32x4.mul(value, v128.load(row, 80)));
      s6 = f32x4.add(s6, f32x4.mul(value, v128.load(row, 96)));
      if (WIDE) s7 = f32x4.add(s7, f32x4.mul(value, v128.load(row, 112)));
    }
    const result = target + column;
    v128.store(result, s0);
    v128.store(result, s1, 16);
    v128.store(result, s2, 32);
    v128.store(result, s3, 48);
    v128.store(result, s4, 64);
    v128.store(result, s5, 80);
    v128.store(result, s6, 96);
    if (WIDE) v128.store(result, s7, 112);
  }
  for (; column + 64 <= last; column += 64) {
    const rows = weights + column;
    const start = from + column;
    let s0 = v128.load(start);
    let s1 = v128.load(start, 16);
    let s2 = v128.load(start, 32);
    let s3 = v128.load(start, 48);
    for (let e = entries; e < end; e += 8) {
      const row = rows + load<u32>(e);
      const value = v128.load32_splat(e, 4);
      s0 = f32x4.add(s0, f32x4.mul(value, v128.load(row)));
      s1 = f32x4.add(s1, f32x4.mul(value, v128.load(row, 16)));
      s2 = f32x4.add(s2, f32x4.mul(value, v128.load(row, 32)));
      s3 = f32x4.add(s3, f32x4.mul(value, v128.load(row, 48)));
    }
    const result = target + column;
    v128.store(result, s0);
    v128.store(result, s1, 16);
    v128.store(result, s2, 32);
    v128.store(result, s3, 48);
  }
  for (; column + 48 <= last; column += 48) {
    const rows = weights + column;
    const start = from + column;
    let s0 = v128.load(start);
    let s1 = v128.load(start, 16);
    let s2 = v128.load(start, 32);
    for (let e = entries; e < end; e += 8) {
      const row = rows + load<u32>(e);
      const value = v128.load32_splat(e, 4);
      s0 = f32x4.add(s0, f32x4.mul(value, v128.load(row)));
      s1 = f32x4.add(s1, f32x4.mul(value, v128.load(row, 16)));
      s2 = f32x4.add(s2, f32x4.mul(value, v128.load(row, 32)));
    }
    const result = target + column;
    v128.store(result, s0);
    v128.store(result, s1, 16);
    v128.store(result, s2, 32);
  }
  for (; column < last; column += 16) {
    const rows = weights + column;
    const start = from + column;
    let s0 = v128.load(start);
    for (let e = entries; e < end; e += 8) {
      const row = rows + load<u32>(e);
      const value = v128.load32_splat(e, 4);
      s0 = f32x4.add(s0, f32x4.mul(value, v128.load(row)));
    }
    const result = target + column;
    v128.store(result, s0);
  }
}
