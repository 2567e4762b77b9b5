// A hash of a vector that finds accidents: 128 bits, of sums that any worker may add to in any order. Word i of the vector, times
// a key of that place, is added to the sum of 64 bits of lane i % 4; keys are odd, so that no single word changes unseen.
// src/run/RECEIPTS.md says the same for who wants to compute it elsewhere.

import { Adam, HASH_BYTES, HASH_KEY_BYTES, REST_GROUPS, ROW_GROUPS } from './structs';

/** Even, so that a key under it stays odd. Of a block of HASH_KEY_BYTES. */
function maskOf(block: u32): u32 {
  let mask = (block + 1) * 0x9e3779b1;
  mask = (mask ^ (mask >>> 15)) * 0x85ebca77;
  return (mask ^ (mask >>> 13)) & ~1;
}

/** Adds `bytes` bytes at `offset` (both multiples of 16) of a vector to the sums at `sums`. */
function addHash(keys: usize, vector: usize, offset: u32, bytes: i32, sums: usize): void {
  let low = v128.load(sums);
  let high = v128.load(sums, 16);
  const end = offset + bytes;
  let at = offset;
  while (at < end) {
    const block = at / HASH_KEY_BYTES;
    const blockEnd = min<u32>(end, (block + 1) * HASH_KEY_BYTES);
    const mask = i32x4.splat(maskOf(block));
    const blockKeys = keys - block * HASH_KEY_BYTES;
    for (; at < blockEnd; at += 16) {
      const words = v128.load(vector + at);
      const key = v128.xor(v128.load(blockKeys + at), mask);
      low = i64x2.add(low, i64x2.extmul_low_i32x4_u(words, key));
      high = i64x2.add(high, i64x2.extmul_high_i32x4_u(words, key));
    }
  }
  v128.store(sums, low);
  v128.store(sums, high, 16);
}

/** Begins the hash of slice `slice` of the new parameters; of an update's last slice those that only a pass has as well. */
export function beginHash(adam: Adam, slice: i32, last: bool): void {
  if (!adam.hashes) return;
  const slices = last ? ROW_GROUPS + REST_GROUPS - slice : 1;
  memory.fill(adam.hashes + slice * HASH_BYTES, 0, slices * HASH_BYTES);
}

/** Adds what Adam has just written at `offset`, which is still in the cache. */
export function hashNew(adam: Adam, slice: i32, offset: usize, bytes: i32): void {
  if (!adam.hashes) return;
  addHash(adam.hashKeys, adam.newParameters, <u32>offset, bytes, adam.hashes + slice * HASH_BYTES);
}

/** The hash, 16 bytes at `out`, of the sums of all slices. */
export function foldHash(hashes: usize, out: usize): void {
  let low = i64x2.splat(0);
  let high = i64x2.splat(0);
  for (let slice = 0; slice < ROW_GROUPS + REST_GROUPS; slice++) {
    const sums = hashes + slice * HASH_BYTES;
    low = i64x2.add(low, v128.load(sums));
    high = i64x2.add(high, v128.load(sums, 16));
  }
  v128.store(out, i64x2.add(low, i64x2.mul(high, i64x2.splat(((<i64>0x9e3779b9) << 32) | 0x7f4a7c15))));
}

/** The hash of a whole vector as well; `sums` are slices of which the first is used. */
export function hashVector(keys: usize, vector: usize, bytes: i32, sums: usize, out: usize): void {
  memory.fill(sums, 0, (ROW_GROUPS + REST_GROUPS) * HASH_BYTES);
  addHash(keys, vector, 0, bytes, sums);
  foldHash(sums, out);
}
