// One sample through the network, forwards and backwards. Inputs of a layer are lists of what is not 0: about a fifth of
// the pixels, about half of the activations after ReLU.

import { dot, layerOf, scratchOf } from './inlined';
import { Run, Scratch } from './structs';

/**
 * target[0, stride) = bias + sum over the listed inputs, in order, of value * row. Sixteen outputs at a time stay in
 * registers, and two inputs are taken at a time: with more of either, V8 runs out of registers and keeps sums on the stack.
 */
function affine(
  weights: usize,
  bias: usize,
  stride: i32,
  numbers: usize,
  values: usize,
  count: i32,
  target: usize,
): void {
  let column = 0;
  const end = count << 2;
  const odd = end & 4;
  for (; column + 64 <= stride; column += 64) {
    const rows = weights + column;
    let s0 = v128.load(bias + column);
    let s1 = v128.load(bias + column, 16);
    let s2 = v128.load(bias + column, 32);
    let s3 = v128.load(bias + column, 48);
    if (odd) {
      const row = rows + load<u32>(numbers) * stride;
      const value = v128.load32_splat(values);
      s0 = f32x4.add(s0, f32x4.mul(value, v128.load(row)));
      s1 = f32x4.add(s1, f32x4.mul(value, v128.load(row, 16)));
      s2 = f32x4.add(s2, f32x4.mul(value, v128.load(row, 32)));
      s3 = f32x4.add(s3, f32x4.mul(value, v128.load(row, 48)));
    }
    for (let k = odd; k < end; k += 8) {
      const rowA = rows + load<u32>(numbers + k) * stride;
      const rowB = rows + load<u32>(numbers + k, 4) * stride;
      const a = v128.load32_splat(values + k);
      const b = v128.load32_splat(values + k, 4);
      s0 = f32x4.add(f32x4.add(s0, f32x4.mul(a, v128.load(rowA))), f32x4.mul(b, v128.load(rowB)));
      s1 = f32x4.add(f32x4.add(s1, f32x4.mul(a, v128.load(rowA, 16))), f32x4.mul(b, v128.load(rowB, 16)));
      s2 = f32x4.add(f32x4.add(s2, f32x4.mul(a, v128.load(rowA, 32))), f32x4.mul(b, v128.load(rowB, 32)));
      s3 = f32x4.add(f32x4.add(s3, f32x4.mul(a, v128.load(rowA, 48))), f32x4.mul(b, v128.load(rowB, 48)));
    }
    v128.store(target + column, s0);
    v128.store(target + column, s1, 16);
    v128.store(target + column, s2, 32);
    v128.store(target + column, s3, 48);
  }
  for (; column < stride; column += 16) {
    const rows = weights + column;
    let sum = v128.load(bias + column);
    for (let k = 0; k < end; k += 4) {
      const row = rows + load<u32>(numbers + k) * stride;
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(values + k), v128.load(row)));
    }
    v128.store(target + column, sum);
  }
}

/** ReLU: lists what is above 0. NaN counts as above, so that it is never hidden. */
function listPositive(sums: usize, outputs: i32, numbers: usize, values: usize): i32 {
  let count = 0;
  for (let o = 0; o < outputs; o++) {
    const value = load<f32>(sums + (o << 2));
    store<u32>(numbers + (count << 2), o);
    store<f32>(values + (count << 2), value);
    count += i32(!(value <= 0));
  }
  return count;
}

/**
 * Forward through all layers, from the list of the first layer's inputs. The logits end in `scratch.sums`.
 * The first layer takes the shifted bias (`scratch.shiftedBias`), since its inputs are shifted by 1.
 */
export function forward(run: Run, scratch: Scratch, parameters: usize): void {
  const last = run.layerCount - 1;
  for (let l = 0; l <= last; l++) {
    const layer = layerOf(run, l);
    const own = scratchOf(scratch, l);
    const weights = parameters + layer.offset;
    const bias = l === 0 ? scratch.shiftedBias : weights + layer.inputs * layer.stride;
    affine(weights, bias, layer.stride, own.numbers, own.values, own.count, scratch.sums);
    if (l < last) {
      const next = scratchOf(scratch, l + 1);
      next.count = listPositive(scratch.sums, layer.outputs, next.numbers, next.values);
    }
  }
}

// Sum of the exponentials that `lossOf` leaves in `scratch.sums`.
let softmaxTotal: f64 = 0;
// The class of the largest logit of the same sample.
let predicted: i32 = 0;

/**
 * Cross-entropy (nats) of the logits in `scratch.sums`, of which it makes their exponentials. Counts the sample if its
 * largest logit is the label's.
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
  scratch.correctCount += i32(best === label << 2);
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
 * Backwards after `forward` and `lossOf`: leaves in row `slot` of each layer's deltas the gradient of the loss with
 * respect to the layer's outputs (before ReLU): softmax minus one-hot at the end, W delta masked by ReLU before it.
 */
export function backward(run: Run, scratch: Scratch, parameters: usize, label: i32, slot: i32): void {
  const last = run.layerCount - 1;
  let layer = layerOf(run, last);
  let delta = scratchOf(scratch, last).deltas + slot * layer.stride;
  memory.fill(delta, 0, layer.stride);
  const scale: f64 = 1.0 / softmaxTotal;
  for (let c = 0; c < layer.outputs; c++) {
    const probability = <f64>load<f32>(scratch.sums + (c << 2)) * scale;
    store<f32>(delta + (c << 2), <f32>(probability - f64(c === label)));
  }
  for (let l = last; l > 0; l--) {
    const own = scratchOf(scratch, l);
    const before = layerOf(run, l - 1);
    const deltaBefore = scratchOf(scratch, l - 1).deltas + slot * before.stride;
    memory.fill(deltaBefore, 0, before.stride);
    const weights = parameters + layer.offset;
    const stride = layer.stride;
    const end = own.count << 2;
    for (let k = 0; k < end; k += 4) {
      const input = load<u32>(own.numbers + k);
      store<f32>(deltaBefore + (input << 2), dot(weights + input * stride, delta, stride));
    }
    layer = before;
    delta = deltaBefore;
  }
}
