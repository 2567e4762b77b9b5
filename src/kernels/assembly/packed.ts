// A few columns of many rows, packed: rows that lie far apart share the few places of a cache that their addresses allow, and take
// more of its lines than they fill.

import { COLUMNS_BYTES, WIDE } from './structs';

/** Copies `bytes` (a multiple of 16, COLUMNS_BYTES at the most) of each of `count` rows, `stride` apart, to rows COLUMNS_BYTES apart. */
export function packRows(rows: usize, stride: i32, count: i32, bytes: i32, target: usize): void {
  const end = rows + count * stride;
  if (bytes < COLUMNS_BYTES) {
    for (let row = rows; row < end; row += stride, target += COLUMNS_BYTES) {
      for (let at = 0; at < bytes; at += 16) v128.store(target + at, v128.load(row + at));
    }
    return;
  }
  for (let row = rows; row < end; row += stride, target += COLUMNS_BYTES) {
    v128.store(target, v128.load(row));
    v128.store(target, v128.load(row, 16), 16);
    v128.store(target, v128.load(row, 32), 32);
    v128.store(target, v128.load(row, 48), 48);
    v128.store(target, v128.load(row, 64), 64);
    v128.store(target, v128.load(row, 80), 80);
    v128.store(target, v128.load(row, 96), 96);
    if (WIDE) v128.store(target, v128.load(row, 112), 112);
  }
}
