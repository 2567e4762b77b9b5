// A hash of a vector that finds accidents: 128 bits, of sums that any worker may add to in any order. Each half of a word is
// multiplied by two keys of its place, and added to two sums of its lane; keys are odd, so that no half changes unseen.
// src/run/RECEIPTS.md says the same for who wants to compute it elsewhere.

import { Adam, HASH_BYTES, HASH_KEY_BYTES, REST_GROUPS, ROW_GROUPS } from './structs';

/** Both halves even, so that keys under it stay odd. Of a block of HASH_KEY_BYTES. */
function maskOf(block: u32): u32 {
  let mask = (block + 1) * 0x9e3779b1;
  mask = (mask ^ (mask >>> 15)) * 0x85ebca77;
  return (mask ^ (mask >>> 13)) & 0xfffefffe;
}

/**
 * Adds `bytes` bytes at `offset` (both multiples of 16) of a vector to the sums at `sums`: four of the keys of the place, and
 * four of those one vector further on.
 */
function addHash(keys: usize, vector: usize, offset: u32, bytes: i32, sums: usize): void {
  // two pairs, so that additions need not wait for each other
  let here = v128.load(sums);
  let further = v128.load(sums, 16);
  let here1 = i32x4.splat(0);
  let further1 = i32x4.splat(0);
  const end = offset + bytes;
  let at = offset;
  while (at < end) {
    const block = at / HASH_KEY_BYTES;
    const blockEnd = min<u32>(end, (block + 1) * HASH_KEY_BYTES);
    const mask = i32x4.splat(maskOf(block));
    const blockKeys = keys - block * HASH_KEY_BYTES;
    let key = v128.xor(v128.load(blockKeys + at), mask);
    for (; at + 32 <= blockEnd; at += 32) {
      const words = v128.load(vector + at);
      const words1 = v128.load(vector + at, 16);
      const key1 = v128.xor(v128.load(blockKeys + at, 16), mask);
      here = i32x4.add(here, i32x4.dot_i16x8_s(words, key));
      further = i32x4.add(further, i32x4.dot_i16x8_s(words, key1));
      key = v128.xor(v128.load(blockKeys + at, 32), mask);
      here1 = i32x4.add(here1, i32x4.dot_i16x8_s(words1, key1));
      further1 = i32x4.add(further1, i32x4.dot_i16x8_s(words1, key));
    }
    for (; at < blockEnd; at += 16) {
      const words = v128.load(vector + at);
      const key1 = v128.xor(v128.load(blockKeys + at, 16), mask);
      here = i32x4.add(here, i32x4.dot_i16x8_s(words, key));
      further = i32x4.add(further, i32x4.dot_i16x8_s(words, key1));
      key = key1;
    }
  }
  v128.store(sums, i32x4.add(here, here1));
  v128.store(sums, i32x4.add(further, further1), 16);
}

/** Begins the hashes of `slices` slices of the new parameters, from `slice` on. */
export function beginHash(adam: Adam, slice: i32, slices: i32): void {
  if (adam.hashes) memory.fill(adam.hashes + slice * HASH_BYTES, 0, slices * HASH_BYTES);
}

/** Adds what Adam has just written at `offset`, which is still in the cache. */
export function hashNew(adam: Adam, slice: i32, offset: usize, bytes: i32): void {
  if (!adam.hashes) return;
  addHash(adam.hashKeys, adam.newParameters, <u32>offset, bytes, adam.hashes + slice * HASH_BYTES);
}

/** The hash, 16 bytes at `out`, of the sums of all slices. */
export function foldHash(hashes: usize, out: usize): void {
  let here = i32x4.splat(0);
  let further = i32x4.splat(0);
  for (let slice = 0; slice < ROW_GROUPS + REST_GROUPS; slice++) {
    const sums = hashes + slice * HASH_BYTES;
    here = i32x4.add(here, v128.load(sums));
    further = i32x4.add(further, v128.load(sums, 16));
  }
  // sums of 64 bits: lane by lane the one of the place, and the other above it
  const low = v128.shuffle<i32>(here, further, 0, 4, 1, 5);
  const high = v128.shuffle<i32>(here, further, 2, 6, 3, 7);
  v128.store(out, i64x2.add(low, i64x2.mul(high, i64x2.splat(((<i64>0x9e3779b9) << 32) | 0x7f4a7c15))));
}

/** The hash of a whole vector as well; `sums` are slices of which the first is used. */
export function hashVector(keys: usize, vector: usize, bytes: i32, sums: usize, out: usize): void {
  memory.fill(sums, 0, (ROW_GROUPS + REST_GROUPS) * HASH_BYTES);
  addHash(keys, vector, 0, bytes, sums);
  foldHash(sums, out);
}
