// One sample through the network, forwards and backwards. Inputs of a layer are lists of what is not 0: about a fifth of
// the pixels, about half of the activations after ReLU.

import { dotLanes, layerOf, scratchOf, storedInput, storeOf } from './inlined';
import { LayerScratch, Run, Scratch, Store } from './structs';

/**
 * target[0, stride) = bias + sum over the listed inputs, in order, of value * row. Twenty-eight outputs at a time stay in
 * registers: with more, V8 runs out of registers and keeps sums on the stack (kernels.mjs of test/bench times it).
 */
function affine(weights: usize, bias: usize, stride: i32, entries: usize, count: i32, target: usize): void {
  let column = 0;
  const end = entries + (count << 3);
  for (; column + 112 <= stride; column += 112) {
    const rows = weights + column;
    let s0 = v128.load(bias + column);
    let s1 = v128.load(bias + column, 16);
    let s2 = v128.load(bias + column, 32);
    let s3 = v128.load(bias + column, 48);
    let s4 = v128.load(bias + column, 64);
    let s5 = v128.load(bias + column, 80);
    let s6 = v128.load(bias + column, 96);
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
    }
    v128.store(target + column, s0);
    v128.store(target + column, s1, 16);
    v128.store(target + column, s2, 32);
    v128.store(target + column, s3, 48);
    v128.store(target + column, s4, 64);
    v128.store(target + column, s5, 80);
    v128.store(target + column, s6, 96);
  }
  for (; column + 64 <= stride; column += 64) {
    const rows = weights + column;
    let s0 = v128.load(bias + column);
    let s1 = v128.load(bias + column, 16);
    let s2 = v128.load(bias + column, 32);
    let s3 = v128.load(bias + column, 48);
    for (let e = entries; e < end; e += 8) {
      const row = rows + load<u32>(e);
      const value = v128.load32_splat(e, 4);
      s0 = f32x4.add(s0, f32x4.mul(value, v128.load(row)));
      s1 = f32x4.add(s1, f32x4.mul(value, v128.load(row, 16)));
      s2 = f32x4.add(s2, f32x4.mul(value, v128.load(row, 32)));
      s3 = f32x4.add(s3, f32x4.mul(value, v128.load(row, 48)));
    }
    v128.store(target + column, s0);
    v128.store(target + column, s1, 16);
    v128.store(target + column, s2, 32);
    v128.store(target + column, s3, 48);
  }
  for (; column < stride; column += 16) {
    const rows = weights + column;
    let sum = v128.load(bias + column);
    for (let e = entries; e < end; e += 8) {
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(e, 4), v128.load(rows + load<u32>(e))));
    }
    v128.store(target + column, sum);
  }
}

/**
 * ReLU: lists what is above 0 for the next layer, whose rows have `stride` bytes. NaN counts as above, so that it is never
 * hidden. With `kept` (0 = none) each value, or 0, also stands there, CHUNK values apart.
 */
function listPositive(sums: usize, outputs: i32, next: LayerScratch, stride: i32, kept: usize): void {
  let entry = next.entries;
  let place = next.places;
  const end = outputs << 2;
  let offset = 0;
  for (let o = 0; o < end; o += 4) {
    const value = load<f32>(sums + o);
    const positive = i32(!(value <= 0));
    store<u32>(entry, offset);
    store<f32>(entry, value, 4);
    store<u32>(place, o);
    if (kept) store<u32>(kept + (o << 4), load<u32>(sums + o) & -positive);
    entry += positive << 3;
    place += positive << 2;
    offset += stride;
  }
  next.count = <i32>((entry - next.entries) >> 3);
}

/**
 * Forward through all layers, from the list of the first layer's inputs. The logits end in `scratch.sums`.
 * The first layer takes the shifted bias (`scratch.shiftedBias`), since its inputs are shifted by 1. With `store` each hidden
 * layer's outputs are also left there, as those of sample `slot`.
 */
export function forward(run: Run, scratch: Scratch, parameters: usize, kept: Store | null, slot: i32): void {
  const last = run.layerCount - 1;
  for (let l = 0; l <= last; l++) {
    const layer = layerOf(run, l);
    const own = scratchOf(scratch, l);
    const weights = parameters + layer.offset;
    const bias = l === 0 ? scratch.shiftedBias : weights + layer.inputs * layer.stride;
    affine(weights, bias, layer.stride, own.entries, own.count, scratch.sums);
    if (l < last) {
      const column = kept ? storedInput(storeOf(kept, l + 1), layer.outputs, slot) : 0;
      listPositive(scratch.sums, layer.outputs, scratchOf(scratch, l + 1), layerOf(run, l + 1).stride, column);
    }
  }
}

// Sum of the exponentials that `lossOf` leaves in `scratch.sums`.
let softmaxTotal: f64 = 0;
// The class of the largest logit of the same sample, and whether it is its label.
let predicted: i32 = 0;
let hit: i32 = 0;

/** After `lossOf`: 1 if the sample's class was predicted, else 0. */
export function isHit(): i32 {
  return hit;
}

/**
 * Cross-entropy (nats) of the logits in `scratch.sums`, of which it makes their exponentials. `isHit` says after it whether
 * the largest logit is the label's.
 */
export function lossOf(run: Run, scratch: Scratch, label: i32): f64 {
  const end = layerOf(run, run.layerCount - 1).outputs << 2;
  const logits = scratch.sums;
  let largest = load<f32>(logits);
  let best = 0;
  for (let c = 4; c < end; c += 4) {
    const logit = load<f32>(logits + c);
    if (logit > largest) {
      largest = logit;
      best = c;
    }
  }
  predicted = best >> 2;
  hit = i32(best === label << 2);
  const own = <f64>(load<f32>(logits + (label << 2)) - largest);
  let total: f64 = 0;
  for (let c = 0; c < end; c += 4) {
    const e = NativeMath.exp(<f64>(load<f32>(logits + c) - largest));
    total += e;
    store<f32>(logits + c, <f32>e);
  }
  softmaxTotal = total;
  return NativeMath.log(total) - own;
}

/** After `lossOf`: the predicted class (i32) at `outcome`, and the probability of each class (f32) behind it. */
export function storeOutcome(run: Run, scratch: Scratch, outcome: usize): void {
  const classes = layerOf(run, run.layerCount - 1).outputs;
  const scale: f64 = 1.0 / softmaxTotal;
  store<i32>(outcome, predicted);
  for (let c = 0; c < classes; c++) {
    store<f32>(outcome + 4 + (c << 2), <f32>(<f64>load<f32>(scratch.sums + (c << 2)) * scale));
  }
}

/**
 * Backwards after `forward` and `lossOf`: leaves at place `slot` of each layer's deltas the gradient of the loss with
 * respect to the layer's outputs (before ReLU): softmax minus one-hot at the end, W delta masked by ReLU before it.
 */
export function backward(run: Run, scratch: Scratch, kept: Store, parameters: usize, label: i32, slot: i32): void {
  const last = run.layerCount - 1;
  let layer = layerOf(run, last);
  let delta = storeOf(kept, last).deltas + slot * layer.stride;
  memory.fill(delta, 0, layer.stride);
  const scale: f64 = 1.0 / softmaxTotal;
  for (let c = 0; c < layer.outputs; c++) {
    const probability = <f64>load<f32>(scratch.sums + (c << 2)) * scale;
    store<f32>(delta + (c << 2), <f32>(probability - f64(c === label)));
  }
  for (let l = last; l > 0; l--) {
    const before = layerOf(run, l - 1);
    const deltaBefore = storeOf(kept, l - 1).deltas + slot * before.stride;
    memory.fill(deltaBefore, 0, before.stride);
    products(scratchOf(scratch, l), parameters + layer.offset, delta, layer.stride, deltaBefore);
    layer = before;
    delta = deltaBefore;
  }
}

/** For each listed input the product of its row and `delta`, at its place in `target`; four at a time. */
function products(inputs: LayerScratch, weights: usize, delta: usize, stride: i32, target: usize): void {
  const entries = inputs.entries;
  const places = inputs.places;
  const count = inputs.count;
  let k = 0;
  for (; k + 4 <= count; k += 4) {
    const entry = entries + (k << 3);
    const place = places + (k << 2);
    const a = dotLanes(weights + load<u32>(entry), delta, stride);
    const b = dotLanes(weights + load<u32>(entry, 8), delta, stride);
    const c = dotLanes(weights + load<u32>(entry, 16), delta, stride);
    const d = dotLanes(weights + load<u32>(entry, 24), delta, stride);
    // the same sums of lanes as below: (0 + 1) + (2 + 3)
    const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 2, 6), v128.shuffle<f32>(a, b, 1, 5, 3, 7));
    const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 2, 6), v128.shuffle<f32>(c, d, 1, 5, 3, 7));
    const sums = f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
    v128.store_lane<f32>(target + load<u32>(place), sums, 0);
    v128.store_lane<f32>(target + load<u32>(place, 4), sums, 1);
    v128.store_lane<f32>(target + load<u32>(place, 8), sums, 2);
    v128.store_lane<f32>(target + load<u32>(place, 12), sums, 3);
  }
  for (; k < count; k++) {
    const sum = dotLanes(weights + load<u32>(entries + (k << 3)), delta, stride);
    const low = f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1);
    const high = f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
    store<f32>(target + load<u32>(places + (k << 2)), low + high);
  }
}
