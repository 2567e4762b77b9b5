// The first layer takes its inputs shifted by 1, so that background is 0 and is skipped: x W + b = (x + 1) W + (b - 1 W).
// 1 W, the sum of the layer's rows, stands beside the parameters in groups ("partials"), which an update keeps up to date.

import { layerOf, sumGroup } from './inlined';
import { ROW_GROUPS, Run, Scratch } from './structs';

/** Sums of the first layer's rows, for the shifted bias: ROW_GROUPS rows of its stride at `partials`. */
export function sumFirstRows(runAt: usize, parameters: usize, partials: usize): void {
  const run = changetype<Run>(runAt);
  for (let group = 0; group < ROW_GROUPS; group++) sumGroup(run, parameters, partials, group);
}

/** scratch.shiftedBias = bias - the sum of all rows of the first layer: x W + b = (x + 1) W + (b - 1 W). */
export function shiftBias(run: Run, scratch: Scratch, parameters: usize, partials: usize): void {
  const layer = layerOf(run, 0);
  const bias = parameters + layer.offset + layer.inputs * layer.stride;
  for (let column = 0; column < layer.stride; column += 16) {
    let sum = f32x4.splat(0);
    for (let g = 0; g < ROW_GROUPS; g++) sum = f32x4.add(sum, v128.load(partials + g * layer.stride + column));
    v128.store(scratch.shiftedBias + column, f32x4.sub(v128.load(bias + column), sum));
  }
}

/**
 * The true gradient of the root that stands at `vector` (engine.finish): in place, the first layer's bias gradient is
 * subtracted from each of its rows.
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
