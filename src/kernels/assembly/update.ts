// The commit of a step, slice by slice: add the tree nodes along the canonical tree, make the true mean gradient, apply
// Adam (Kingma and Ba, 2015; torch.optim.Adam's form). It reads one set of buffers and writes another, so that a slice
// whose thread has died is simply done again.

import { ROW_GROUPS } from './gradient';
import { layerOf } from './layers';
import { Run, Scratch } from './structs';
import { addInto } from './vectors';

/** Bytes of a vector that are reduced and updated at a time: small enough to stay in the first-level cache. */
export const REDUCE_BYTES: i32 = 2048;

/** What Adam needs for a step. */
@unmanaged
class Adam {
  beta1Power: f64;
  beta2Power: f64;
  learningRate: f64;
  beta1: f64;
  beta2: f64;
  epsilon: f64;
  /** Decoupled weight decay of the step: learning rate times decay; 0 changes no bit. */
  decay: f64;
  parameters: usize;
  firstMoments: usize;
  secondMoments: usize;
  newParameters: usize;
  newFirstMoments: usize;
  newSecondMoments: usize;
  /** Samples in the global batch. */
  sampleCount: i32;
  /** 1 if the nodes' first layer is that of the shifted input. */
  shifted: i32;
  /** How many tree nodes, and where their records of four words stand: address, level, -, -, in shard order. */
  nodeCount: i32;
  nodes: usize;
}

/**
 * The sum of the nodes over `bytes` bytes at `offset`, along the canonical tree. Returns where it stands: in the node itself
 * if there is but one, else in the scratch.
 */
function reduceAt(scratch: Scratch, nodes: usize, nodeCount: i32, offset: usize, bytes: i32): usize {
  const pending = scratch.reduceNodes;
  let depth = 0;
  for (let n = 0; n < nodeCount; n++) {
    let at: usize = load<u32>(nodes + (n << 4)) + offset;
    let level = load<i32>(nodes + (n << 4), 4);
    while (depth > 0 && load<i32>(pending + ((depth - 1) << 3), 4) == level) {
      depth--;
      const sum = scratch.reduceStack + depth * REDUCE_BYTES;
      addInto(sum, load<u32>(pending + (depth << 3)), at, bytes);
      at = sum;
      level++;
    }
    store<u32>(pending + (depth << 3), at);
    store<i32>(pending + (depth << 3), level, 4);
    depth++;
  }
  return load<u32>(pending);
}

const TINY: f32 = 1e-30;

// A step's scalars, made once for a slice. Globals belong to the instance, and so to one thread.
let divisor: f32 = 1;
let reciprocal: f32 = 1;
let exact: bool = true;
let beta1: f32 = 0;
let beta2: f32 = 0;
let rest1: f32 = 0;
let rest2: f32 = 0;
let rate: f32 = 0;
let root: f32 = 0;
let epsilon: f32 = 0;
let kept: f32 = 1;

function prepare(adam: Adam): void {
  const count = adam.sampleCount;
  divisor = <f32>count;
  reciprocal = <f32>(1.0 / <f64>count);
  // by a power of two, multiplying with the reciprocal is dividing, to the bit, and quicker
  exact = (count & (count - 1)) == 0;
  beta1 = <f32>adam.beta1;
  beta2 = <f32>adam.beta2;
  rest1 = <f32>(1.0 - adam.beta1);
  rest2 = <f32>(1.0 - adam.beta2);
  rate = <f32>(adam.learningRate / (1.0 - adam.beta1Power));
  root = <f32>(1.0 / sqrt(1.0 - adam.beta2Power));
  epsilon = <f32>adam.epsilon;
  kept = <f32>(1.0 - adam.decay);
}

/**
 * Adam (with decoupled weight decay: Loshchilov and Hutter, 2019) over `bytes` bytes of sums at `sums`, from and to the vectors of `adam` at `offset`; the row at `shift` (0 = none) is
 * subtracted from the sums first. Returns 1 if all gradients were finite. `prepare` comes before.
 */
function adamAt(adam: Adam, sums: usize, shift: usize, offset: usize, bytes: i32): i32 {
  const divisors = f32x4.splat(divisor);
  const reciprocals = f32x4.splat(reciprocal);
  const beta1s = f32x4.splat(beta1);
  const beta2s = f32x4.splat(beta2);
  const rest1s = f32x4.splat(rest1);
  const rest2s = f32x4.splat(rest2);
  const rates = f32x4.splat(rate);
  const roots = f32x4.splat(root);
  const epsilons = f32x4.splat(epsilon);
  const keeps = f32x4.splat(kept);
  const zero = f32x4.splat(0);
  const p = adam.parameters + offset;
  const m = adam.firstMoments + offset;
  const v = adam.secondMoments + offset;
  const newP = adam.newParameters + offset;
  const newM = adam.newFirstMoments + offset;
  const newV = adam.newSecondMoments + offset;
  let bad = zero;
  for (let i = 0; i < bytes; i += 16) {
    let gradient = v128.load(sums + i);
    if (shift) gradient = f32x4.sub(gradient, v128.load(shift + i));
    gradient = exact ? f32x4.mul(gradient, reciprocals) : f32x4.div(gradient, divisors);
    bad = f32x4.add(bad, f32x4.mul(gradient, zero));
    let first = f32x4.add(f32x4.mul(beta1s, v128.load(m + i)), f32x4.mul(rest1s, gradient));
    let second = f32x4.add(f32x4.mul(beta2s, v128.load(v + i)), f32x4.mul(rest2s, f32x4.mul(gradient, gradient)));
    // moments of dead units would become subnormal, and subnormal arithmetic is slow
    first = v128.andnot(first, f32x4.lt(f32x4.abs(first), f32x4.splat(TINY)));
    second = v128.andnot(second, f32x4.lt(second, f32x4.splat(TINY)));
    const step = f32x4.div(f32x4.mul(rates, first), f32x4.add(f32x4.mul(f32x4.sqrt(second), roots), epsilons));
    v128.store(newM + i, first);
    v128.store(newV + i, second);
    v128.store(newP + i, f32x4.sub(f32x4.mul(v128.load(p + i), keeps), step));
  }
  return i32(!v128.any_true(f32x4.ne(bad, bad)));
}

/** target = the sum of the rows [first, end) of a matrix of `stride` bytes a row. */
function sumOfRows(rows: usize, first: i32, end: i32, stride: i32, target: usize): void {
  for (let column = 0; column < stride; column += 16) {
    let sum = f32x4.splat(0);
    for (let i = first; i < end; i++) sum = f32x4.add(sum, v128.load(rows + i * stride + column));
    v128.store(target + column, sum);
  }
}

/** Sums of the first layer's rows, for the shifted bias: ROW_GROUPS rows of its stride at `partials`. */
export function sumFirstRows(runAt: usize, parameters: usize, partials: usize): void {
  const run = changetype<Run>(runAt);
  for (let group = 0; group < ROW_GROUPS; group++) sumGroup(run, parameters, partials, group);
}

// @ts-ignore: decorator
@inline
function sumGroup(run: Run, parameters: usize, partials: usize, group: i32): void {
  const layer = layerOf(run, 0);
  sumOfRows(
    parameters + layer.offset, (layer.inputs * group) / ROW_GROUPS, (layer.inputs * (group + 1)) / ROW_GROUPS, layer.stride,
    partials + group * layer.stride,
  );
}

/** A run of bytes of the vectors, in pieces that fit the cache. */
function updateRange(scratch: Scratch, adam: Adam, offset: usize, bytes: i32): i32 {
  let finite = 1;
  for (let at = 0; at < bytes; at += REDUCE_BYTES) {
    const piece = min(REDUCE_BYTES, bytes - at);
    finite &= adamAt(adam, reduceAt(scratch, adam.nodes, adam.nodeCount, offset + at, piece), 0, offset + at, piece);
  }
  return finite;
}

/**
 * Updates slice `slice` of 0 to ROW_GROUPS: a group of the first layer's rows, or (the last) everything else. A group's rows are
 * summed afresh into `newPartials`. Returns 1 if all gradients were finite.
 */
export function updateSlice(runAt: usize, scratchAt: usize, adamAtAddress: usize, slice: i32, newPartials: usize): i32 {
  const run = changetype<Run>(runAt);
  const scratch = changetype<Scratch>(scratchAt);
  const adam = changetype<Adam>(adamAtAddress);
  prepare(adam);
  const layer = layerOf(run, 0);
  const biasAt = layer.offset + layer.inputs * layer.stride;
  if (slice == ROW_GROUPS) return updateRange(scratch, adam, biasAt, run.vectorBytes - biasAt);
  const first = (layer.inputs * slice) / ROW_GROUPS;
  const end = (layer.inputs * (slice + 1)) / ROW_GROUPS;
  const stride = layer.stride;
  let finite = 1;
  if (adam.shifted) {
    // finish: with x = x' - 1 the weight gradient is sum(x' delta) - sum(delta), and sum(delta) is the bias' gradient
    const shift = scratch.sums;
    for (let column = 0; column < stride; column += REDUCE_BYTES) {
      const bytes = min(REDUCE_BYTES, stride - column);
      memory.copy(shift + column, reduceAt(scratch, adam.nodes, adam.nodeCount, biasAt + column, bytes), bytes);
    }
    // several rows at a time where they are short, a part of a row where it is long
    const rowsAtOnce = max(1, REDUCE_BYTES / stride);
    for (let i = first; i < end; i += rowsAtOnce) {
      const offset = layer.offset + i * stride;
      const piece = min(rowsAtOnce, end - i) * stride;
      for (let at = 0; at < piece; at += REDUCE_BYTES) {
        const bytes = min(REDUCE_BYTES, piece - at);
        const sums = reduceAt(scratch, adam.nodes, adam.nodeCount, offset + at, bytes);
        for (let done = 0; done < bytes; done += stride) {
          finite &= adamAt(adam, sums + done, shift + (at % stride), offset + at + done, min(stride, bytes - done));
        }
      }
    }
  } else {
    finite = updateRange(scratch, adam, layer.offset + first * stride, (end - first) * stride);
  }
  sumGroup(run, adam.newParameters, newPartials, slice);
  return finite;
}

/** Adam alone over a flat vector, whose `nodes` hold one mean gradient and whose sampleCount is 1. */
export function updateFlat(adamAtAddress: usize, gradient: usize, bytes: i32): i32 {
  const adam = changetype<Adam>(adamAtAddress);
  prepare(adam);
  return adamAt(adam, gradient, 0, 0, bytes);
}

/**
 * The true gradient of the root that stands at `vector` (engine.finish): in place, the first layer's bias gradient is subtracted
 * from each of its rows.
 */
export function finish(runAt: usize, vector: usize): void {
  const layer = layerOf(changetype<Run>(runAt), 0);
  const stride = layer.stride;
  const bias = vector + layer.offset + layer.inputs * stride;
  for (let row = vector + layer.offset; row < bias; row += stride) {
    for (let column = 0; column < stride; column += 16) {
      v128.store(row + column, f32x4.sub(v128.load(row + column), v128.load(bias + column)));
    }
  }
}
