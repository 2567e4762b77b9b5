// The first layer takes its inputs shifted by the offset c of the run's normalisation, so that background is 0 and is skipped:
// x W + b = (x + c) W + (b - c 1 W). 1 W, the sum of the layer's rows, stands beside the parameters in groups ("partials"), which an update keeps up to date.

import { layerOf, sumGroup } from './inlined';
import { ROW_GROUPS, Run, Scratch } from './structs';

/** Sums of the first layer's rows, for the shifted bias: ROW_GROUPS rows of its stride at `partials`. */
export function sumFirstRows(runAt: usize, parameters: usize, partials: usize): void {
  const run = changetype<Run>(runAt);
  for (let group = 0; group < ROW_GROUPS; group++) sumGroup(run, parameters, partials, group);
}

/** scratch.shiftedBias = bias - offset * the sum of all rows of the first layer. */
export function shiftBias(run: Run, scratch: Scratch, parameters: usize, partials: usize): void {
  const layer = layerOf(run, 0);
  const offset = f32x4.splat(run.offset);
  const bias = parameters + layer.offset + layer.inputs * layer.stride;
  for (let column = 0; column < layer.stride; column += 16) {
    let sum = f32x4.splat(0);
    for (let g = 0; g < ROW_GROUPS; g++) sum = f32x4.add(sum, v128.load(partials + g * layer.stride + column));
    v128.store(scratch.shiftedBias + column, f32x4.sub(v128.load(bias + column), f32x4.mul(sum, offset)));
  }
}

/**
 * Of the sum of the deltas, which is the first layer's bias gradient, makes what its rows have too much, in place: with
 * x = x' - c the weight gradient is sum(x' delta) - c sum(delta).
 */
export function shiftOfRows(run: Run, biasGradient: usize, bytes: i32): void {
  const offset = f32x4.splat(run.offset);
  for (let at = biasGradient; at < biasGradient + bytes; at += 16) v128.store(at, f32x4.mul(v128.load(at), offset));
}

/** The true gradient of the root that stands at `vector` (engine.finish), in place: each of the first layer's rows less its shift. */
export function finish(runAt: usize, vector: usize): void {
  const run = changetype<Run>(runAt);
  const layer = layerOf(run, 0);
  const offset = f32x4.splat(run.offset);
  const stride = layer.stride;
  const bias = vector + layer.offset + layer.inputs * stride;
  for (let row = vector + layer.offset; row < bias; row += stride) {
    for (let column = 0; column < stride; column += 16) {
      v128.store(row + column, f32x4.sub(v128.load(row + column), f32x4.mul(v128.load(bias + column), offset)));
    }
  }
}
