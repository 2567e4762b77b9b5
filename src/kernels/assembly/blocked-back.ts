// The same layers backwards (blocked.ts): products of rows of weights and deltas, summed in the order of dotLanes (inlined.ts).

import { isDense } from './blocked';
import { dotLanes } from './inlined';
import { Layer, LayerScratch, Scratch, SHARED_BYTES } from './structs';

/** Leaves (0 + 1) + (2 + 3) of the lanes at `target`. */
function storeLanes(target: usize, lanes: v128): void {
  const low = f32x4.extract_lane(lanes, 0) + f32x4.extract_lane(lanes, 1);
  const high = f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3);
  store<f32>(target, low + high);
}

/**
 * For each of `count` samples and each of its listed inputs the product of the input's row and the sample's delta, at the input's
 * place in the row that begins at `targets`, `targetPitch` apart: the sample's slot says which.
 */
export function productsBlocked(
  scratch: Scratch,
  layer: Layer,
  weights: usize,
  inputs: LayerScratch,
  count: i32,
  deltas: usize,
  pitch: i32,
  targets: usize,
  targetPitch: i32,
): void {
  const rows = layer.inputs;
  const stride = layer.stride;
  let denseCount = 0;
  let denseRows = 0;
  if (isDense(inputs, rows, count)) {
    denseCount = count & ~1;
    denseRows = rows & ~3;
    productsDense(scratch, denseRows, stride, weights, denseCount, deltas, pitch);
  }
  memory.fill(inputs.done, 0, count << 2);
  const rowsAtOnce = max(4, SHARED_BYTES / stride);
  for (let first = 0; first < rows; first += rowsAtOnce) {
    const limit = min(rows, first + rowsAtOnce) << 2;
    for (let i = 0; i < count; i++) {
      const slot = load<i32>(scratch.slots + (i << 2));
      const places = inputs.places + i * inputs.placeBytes;
      const listed = load<i32>(inputs.counts + (i << 2));
      let k = load<i32>(inputs.done + (i << 2));
      let end = k;
      while (end < listed && load<i32>(places + (end << 2)) < limit) end++;
      // what three at a time leave waits for the next block
      if (end < listed) end -= (end - k) % 3;
      store<i32>(inputs.done + (i << 2), end);
      const target = targets + slot * targetPitch;
      if (i < denseCount) {
        const found = scratch.sums + i * scratch.sumBytes;
        for (; k < end; k++) {
          const place = load<u32>(places + (k << 2));
          if (<i32>place >= denseRows << 2) break;
          store<u32>(target + place, load<u32>(found + place));
        }
      }
      const delta = deltas + slot * pitch;
      for (; k + 3 <= end; k += 3) {
        const a = load<u32>(places + (k << 2));
        const b = load<u32>(places + (k << 2), 4);
        const c = load<u32>(places + (k << 2), 8);
        threeProducts(
          weights + (a >> 2) * stride,
          weights + (b >> 2) * stride,
          weights + (c >> 2) * stride,
          delta,
          stride,
          target + a,
          target + b,
          target + c,
        );
      }
      for (; k < end; k++) {
        const place = load<u32>(places + (k << 2));
        storeLanes(target + place, dotLanes(weights + (place >> 2) * stride, delta, stride));
      }
    }
  }
}

/** Three at a time share the delta that is loaded: half of dotLanes' four sums each, then the other half. */
function threeProducts(
  a: usize,
  b: usize,
  c: usize,
  delta: usize,
  stride: i32,
  toA: usize,
  toB: usize,
  toC: usize,
): void {
  const whole = stride & ~63;
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  for (let i = 0; i < whole; i += 64) {
    const d0 = v128.load(delta + i);
    const d1 = v128.load(delta + i, 16);
    a0 = f32x4.add(a0, f32x4.mul(v128.load(a + i), d0));
    a1 = f32x4.add(a1, f32x4.mul(v128.load(a + i, 16), d1));
    b0 = f32x4.add(b0, f32x4.mul(v128.load(b + i), d0));
    b1 = f32x4.add(b1, f32x4.mul(v128.load(b + i, 16), d1));
    c0 = f32x4.add(c0, f32x4.mul(v128.load(c + i), d0));
    c1 = f32x4.add(c1, f32x4.mul(v128.load(c + i, 16), d1));
  }
  for (let i = whole; i < stride; i += 16) {
    const d = v128.load(delta + i);
    a0 = f32x4.add(a0, f32x4.mul(v128.load(a + i), d));
    b0 = f32x4.add(b0, f32x4.mul(v128.load(b + i), d));
    c0 = f32x4.add(c0, f32x4.mul(v128.load(c + i), d));
  }
  let a2 = f32x4.splat(0);
  let a3 = a2;
  let b2 = a2;
  let b3 = a2;
  let c2 = a2;
  let c3 = a2;
  for (let i = 32; i < whole; i += 64) {
    const d2 = v128.load(delta + i);
    const d3 = v128.load(delta + i, 16);
    a2 = f32x4.add(a2, f32x4.mul(v128.load(a + i), d2));
    a3 = f32x4.add(a3, f32x4.mul(v128.load(a + i, 16), d3));
    b2 = f32x4.add(b2, f32x4.mul(v128.load(b + i), d2));
    b3 = f32x4.add(b3, f32x4.mul(v128.load(b + i, 16), d3));
    c2 = f32x4.add(c2, f32x4.mul(v128.load(c + i), d2));
    c3 = f32x4.add(c3, f32x4.mul(v128.load(c + i, 16), d3));
  }
  storeLanes(toA, f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)));
  storeLanes(toB, f32x4.add(f32x4.add(b0, b1), f32x4.add(b2, b3)));
  storeLanes(toC, f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)));
}

/**
 * Of all rows, a multiple of four, and of `count` samples, an even number: into rows of scratch.sums. One of dotLanes' four sums of
 * each product at a time, so that two samples and four rows fit the registers.
 */
function productsDense(
  scratch: Scratch,
  rows: i32,
  stride: i32,
  weights: usize,
  count: i32,
  deltas: usize,
  pitch: i32,
): void {
  const parts = scratch.parts;
  const whole = stride & ~63;
  for (let row = 0; row < rows; row += 4) {
    const w0 = weights + row * stride;
    const w1 = w0 + stride;
    const w2 = w1 + stride;
    const w3 = w2 + stride;
    for (let i = 0; i < count; i += 2) {
      const first = deltas + load<i32>(scratch.slots + (i << 2)) * pitch;
      const second = deltas + load<i32>(scratch.slots + (i << 2), 4) * pitch;
      for (let phase = 0; phase < 64; phase += 16) {
        let a0 = f32x4.splat(0);
        let a1 = a0;
        let a2 = a0;
        let a3 = a0;
        let b0 = a0;
        let b1 = a0;
        let b2 = a0;
        let b3 = a0;
        let end = whole;
        let step = 64;
        for (let at = phase; at < stride; at += step) {
          // behind the last whole four, all is the first sum's
          if (at >= end) {
            if (phase > 0) break;
            step = 16;
            end = stride;
          }
          const a = v128.load(first + at);
          const b = v128.load(second + at);
          const v0 = v128.load(w0 + at);
          const v1 = v128.load(w1 + at);
          const v2 = v128.load(w2 + at);
          const v3 = v128.load(w3 + at);
          a0 = f32x4.add(a0, f32x4.mul(v0, a));
          a1 = f32x4.add(a1, f32x4.mul(v1, a));
          a2 = f32x4.add(a2, f32x4.mul(v2, a));
          a3 = f32x4.add(a3, f32x4.mul(v3, a));
          b0 = f32x4.add(b0, f32x4.mul(v0, b));
          b1 = f32x4.add(b1, f32x4.mul(v1, b));
          b2 = f32x4.add(b2, f32x4.mul(v2, b));
          b3 = f32x4.add(b3, f32x4.mul(v3, b));
        }
        const part = parts + (phase << 3);
        v128.store(part, a0);
        v128.store(part, a1, 16);
        v128.store(part, a2, 32);
        v128.store(part, a3, 48);
        v128.store(part, b0, 64);
        v128.store(part, b1, 80);
        v128.store(part, b2, 96);
        v128.store(part, b3, 112);
      }
      const target = scratch.sums + i * scratch.sumBytes + (row << 2);
      for (let r = 0; r < 4; r++) {
        storeLanes(target + (r << 2), partSum(parts + (r << 4)));
        storeLanes(target + scratch.sumBytes + (r << 2), partSum(parts + 64 + (r << 4)));
      }
    }
  }
}

function partSum(part: usize): v128 {
  return f32x4.add(
    f32x4.add(v128.load(part), v128.load(part, 128)),
    f32x4.add(v128.load(part, 256), v128.load(part, 384)),
  );
}
