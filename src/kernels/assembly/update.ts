// The commit of a step, slice by slice: add the tree nodes along the canonical tree, make the true mean gradient, apply
// Adam (Kingma and Ba, 2015; torch.optim.Adam's form). It reads one set of buffers and writes another, so that a slice
// whose thread has died is simply done again.

import { beginHash, hashNew } from './hash';
import { firstMoment, layerOf, secondMoment, stepped, sumGroup } from './inlined';
import { shiftOfRows } from './shifted-input';
import { Adam, REDUCE_BYTES, REST_GROUPS, ROW_GROUPS, Run, Scratch, TreeNode } from './structs';
import { addInto } from './vectors';

/**
 * The sum of the nodes over `bytes` bytes at `offset`, along the canonical tree. Returns where it stands: in the node itself
 * if there is but one, else in the scratch.
 */
function reduceAt(scratch: Scratch, nodes: usize, nodeCount: i32, offset: usize, bytes: i32): usize {
  const pending = scratch.reduceNodes;
  let depth = 0;
  for (let n = 0; n < nodeCount; n++) {
    const node = changetype<TreeNode>(nodes + n * offsetof<TreeNode>());
    let at = node.vector + offset;
    let level = node.level;
    while (depth > 0 && load<i32>(pending + ((depth - 1) << 3), 4) === level) {
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

// A step's scalars in float32, made once for a slice. Globals belong to the instance, and so to one thread.
let sampleCount: f32 = 1;
let reciprocal: f32 = 1;
let isPowerOfTwo: bool = true;
let beta1: f32 = 0;
let beta2: f32 = 0;
let oneMinusBeta1: f32 = 0;
let oneMinusBeta2: f32 = 0;
let stepSize: f32 = 0;
let inverseSqrtBias2: f32 = 0;
let epsilon: f32 = 0;
let keep: f32 = 1;
/** A batch of which every sample is skipped: a step that changes nothing. */
let isEmpty: bool = false;

/** Readies a step's scalars for adamAt. */
function prepare(adam: Adam): void {
  const count = adam.sampleCount;
  isEmpty = count === 0;
  sampleCount = <f32>count;
  reciprocal = <f32>(1.0 / <f64>count);
  // by a power of two, multiplying with the reciprocal is dividing, to the bit, and quicker
  isPowerOfTwo = (count & (count - 1)) === 0;
  beta1 = <f32>adam.beta1;
  beta2 = <f32>adam.beta2;
  oneMinusBeta1 = <f32>(1.0 - adam.beta1);
  oneMinusBeta2 = <f32>(1.0 - adam.beta2);
  // the corrections of the moments' bias: mHat = m / (1 - beta1^t) within the step size, vHat = v / (1 - beta2^t)
  stepSize = <f32>(adam.learningRate / (1.0 - adam.beta1Power));
  inverseSqrtBias2 = <f32>(1.0 / sqrt(1.0 - adam.beta2Power));
  epsilon = <f32>adam.epsilon;
  keep = <f32>(1.0 - adam.decay);
}

/**
 * Adam (with decoupled weight decay: Loshchilov and Hutter, 2019) over `bytes` bytes of sums at `sums`, from and to the
 * vectors of `adam` at `offset`; the row at `shift` (0 = none) is subtracted from the sums first:
 * m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; p = keep p - stepSize m / (sqrt(v) inverseSqrtBias2 + epsilon).
 * Returns 1 if all gradients were finite. Of no samples there is no gradient: all is copied as it is. `prepare` comes before.
 */
function adamAt(adam: Adam, sums: usize, shift: usize, offset: usize, bytes: i32): i32 {
  if (isEmpty) {
    memory.copy(adam.newParameters + offset, adam.parameters + offset, bytes);
    memory.copy(adam.newFirstMoments + offset, adam.firstMoments + offset, bytes);
    memory.copy(adam.newSecondMoments + offset, adam.secondMoments + offset, bytes);
    return 1;
  }
  const sampleCounts = f32x4.splat(sampleCount);
  const reciprocals = f32x4.splat(reciprocal);
  const beta1s = f32x4.splat(beta1);
  const beta2s = f32x4.splat(beta2);
  const oneMinusBeta1s = f32x4.splat(oneMinusBeta1);
  const oneMinusBeta2s = f32x4.splat(oneMinusBeta2);
  const stepSizes = f32x4.splat(stepSize);
  const inverseSqrtBias2s = f32x4.splat(inverseSqrtBias2);
  const epsilons = f32x4.splat(epsilon);
  const keeps = f32x4.splat(keep);
  const zero = f32x4.splat(0);
  const fromP = adam.parameters + offset;
  const fromM = adam.firstMoments + offset;
  const fromV = adam.secondMoments + offset;
  const toP = adam.newParameters + offset;
  const toM = adam.newFirstMoments + offset;
  const toV = adam.newSecondMoments + offset;
  let bad = zero;
  let i = 0;
  // four at a time: roots and divisions take long, and those of others may begin meanwhile
  for (; i + 64 <= bytes; i += 64) {
    let g0 = v128.load(sums + i);
    let g1 = v128.load(sums + i, 16);
    let g2 = v128.load(sums + i, 32);
    let g3 = v128.load(sums + i, 48);
    if (shift) {
      g0 = f32x4.sub(g0, v128.load(shift + i));
      g1 = f32x4.sub(g1, v128.load(shift + i, 16));
      g2 = f32x4.sub(g2, v128.load(shift + i, 32));
      g3 = f32x4.sub(g3, v128.load(shift + i, 48));
    }
    if (isPowerOfTwo) {
      g0 = f32x4.mul(g0, reciprocals);
      g1 = f32x4.mul(g1, reciprocals);
      g2 = f32x4.mul(g2, reciprocals);
      g3 = f32x4.mul(g3, reciprocals);
    } else {
      g0 = f32x4.div(g0, sampleCounts);
      g1 = f32x4.div(g1, sampleCounts);
      g2 = f32x4.div(g2, sampleCounts);
      g3 = f32x4.div(g3, sampleCounts);
    }
    bad = f32x4.add(bad, f32x4.mul(g0, zero));
    bad = f32x4.add(bad, f32x4.mul(g1, zero));
    bad = f32x4.add(bad, f32x4.mul(g2, zero));
    bad = f32x4.add(bad, f32x4.mul(g3, zero));
    // two at a time, stores behind loads, so that two vectors may become one (structs.ts, WIDE)
    const m0 = firstMoment(v128.load(fromM + i), g0, beta1s, oneMinusBeta1s);
    const m1 = firstMoment(v128.load(fromM + i, 16), g1, beta1s, oneMinusBeta1s);
    const v0 = secondMoment(v128.load(fromV + i), g0, beta2s, oneMinusBeta2s);
    const v1 = secondMoment(v128.load(fromV + i, 16), g1, beta2s, oneMinusBeta2s);
    const p0 = stepped(v128.load(fromP + i), m0, v0, stepSizes, inverseSqrtBias2s, epsilons, keeps);
    const p1 = stepped(v128.load(fromP + i, 16), m1, v1, stepSizes, inverseSqrtBias2s, epsilons, keeps);
    v128.store(toM + i, m0);
    v128.store(toM + i, m1, 16);
    v128.store(toV + i, v0);
    v128.store(toV + i, v1, 16);
    v128.store(toP + i, p0);
    v128.store(toP + i, p1, 16);
    const m2 = firstMoment(v128.load(fromM + i, 32), g2, beta1s, oneMinusBeta1s);
    const m3 = firstMoment(v128.load(fromM + i, 48), g3, beta1s, oneMinusBeta1s);
    const v2 = secondMoment(v128.load(fromV + i, 32), g2, beta2s, oneMinusBeta2s);
    const v3 = secondMoment(v128.load(fromV + i, 48), g3, beta2s, oneMinusBeta2s);
    const p2 = stepped(v128.load(fromP + i, 32), m2, v2, stepSizes, inverseSqrtBias2s, epsilons, keeps);
    const p3 = stepped(v128.load(fromP + i, 48), m3, v3, stepSizes, inverseSqrtBias2s, epsilons, keeps);
    v128.store(toM + i, m2, 32);
    v128.store(toM + i, m3, 48);
    v128.store(toV + i, v2, 32);
    v128.store(toV + i, v3, 48);
    v128.store(toP + i, p2, 32);
    v128.store(toP + i, p3, 48);
  }
  for (; i < bytes; i += 16) {
    let g = v128.load(sums + i);
    if (shift) g = f32x4.sub(g, v128.load(shift + i));
    g = isPowerOfTwo ? f32x4.mul(g, reciprocals) : f32x4.div(g, sampleCounts);
    bad = f32x4.add(bad, f32x4.mul(g, zero));
    const m = firstMoment(v128.load(fromM + i), g, beta1s, oneMinusBeta1s);
    const v = secondMoment(v128.load(fromV + i), g, beta2s, oneMinusBeta2s);
    v128.store(toM + i, m);
    v128.store(toV + i, v);
    v128.store(toP + i, stepped(v128.load(fromP + i), m, v, stepSizes, inverseSqrtBias2s, epsilons, keeps));
  }
  return i32(!v128.any_true(f32x4.ne(bad, bad)));
}

/** Readies a slice's scalars and its hash, and that of those behind it which it stands for, `slices` in all. */
export function beginSlice(adam: Adam, slice: i32, slices: i32): void {
  prepare(adam);
  beginHash(adam, slice, slices);
}

/** A row of a slice: Adam, and its hash. 1 if its gradients were finite. */
export function updateRow(adam: Adam, slice: i32, sums: usize, shift: usize, offset: usize, bytes: i32): i32 {
  const finite = adamAt(adam, sums, shift, offset, bytes);
  hashNew(adam, slice, offset, bytes);
  return finite;
}

/** A run of bytes of the vectors, in pieces that fit the cache. */
function updateRange(scratch: Scratch, adam: Adam, slice: i32, offset: usize, bytes: i32): i32 {
  let finite = 1;
  for (let at = 0; at < bytes; at += REDUCE_BYTES) {
    const piece = min(REDUCE_BYTES, bytes - at);
    finite &= adamAt(adam, reduceAt(scratch, adam.nodes, adam.nodeCount, offset + at, piece), 0, offset + at, piece);
    hashNew(adam, slice, offset + at, piece);
  }
  return finite;
}

/**
 * Updates slice `slice` of 0 to ROW_GROUPS: a group of the first layer's rows, or (the last) everything else. A group's
 * rows are summed afresh into `newPartials`. Returns 1 if all gradients were finite.
 */
export function updateSlice(runAt: usize, scratchAt: usize, adamAddress: usize, slice: i32, newPartials: usize): i32 {
  const run = changetype<Run>(runAt);
  const scratch = changetype<Scratch>(scratchAt);
  const adam = changetype<Adam>(adamAddress);
  // the last one is all that a pass has in REST_GROUPS
  beginSlice(adam, slice, slice === ROW_GROUPS ? REST_GROUPS : 1);
  const layer = layerOf(run, 0);
  const biasAt = layer.offset + layer.inputs * layer.stride;
  if (slice === ROW_GROUPS) return updateRange(scratch, adam, slice, biasAt, run.vectorBytes - biasAt);
  const first = (layer.inputs * slice) / ROW_GROUPS;
  const end = (layer.inputs * (slice + 1)) / ROW_GROUPS;
  const stride = layer.stride;
  let finite = 1;
  if (adam.shifted) {
    // as finish does it, while the rows are at hand
    const shift = scratch.shift;
    for (let column = 0; column < stride; column += REDUCE_BYTES) {
      const bytes = min(REDUCE_BYTES, stride - column);
      memory.copy(shift + column, reduceAt(scratch, adam.nodes, adam.nodeCount, biasAt + column, bytes), bytes);
    }
    shiftOfRows(run, shift, stride);
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
        hashNew(adam, slice, offset + at, bytes);
      }
    }
  } else {
    finite = updateRange(scratch, adam, slice, layer.offset + first * stride, (end - first) * stride);
  }
  sumGroup(run, adam.newParameters, newPartials, slice);
  return finite;
}

/** Adam alone over `bytes` bytes, by the mean gradient at `gradient`: sampleCount is 1, and nothing is hashed. */
export function updateFlat(adamAddress: usize, gradient: usize, bytes: i32): i32 {
  const adam = changetype<Adam>(adamAddress);
  prepare(adam);
  return adamAt(adam, gradient, 0, 0, bytes);
}
