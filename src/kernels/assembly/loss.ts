// Where the network ends: cross-entropy of a sample's logits, its prediction, and the gradient that goes back from there.

import { layerOf, storeOf } from './inlined';
import { Run, Store } from './structs';

// Sum of the exponentials that `lossOf` leaves in place of the logits.
let softmaxTotal: f64 = 0;
// The class of the largest logit of the same sample, and whether it is its label.
let predicted: i32 = 0;
let hit: i32 = 0;

/** After `lossOf`: 1 if the sample's class was predicted, else 0. */
export function isHit(): i32 {
  return hit;
}

/**
 * Cross-entropy (nats) of the logits at `logits`, of which it makes their exponentials. `isHit` says after it whether
 * the largest logit is the label's.
 */
export function lossOf(run: Run, logits: usize, label: i32): f64 {
  const end = layerOf(run, run.layerCount - 1).outputs << 2;
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
export function storeOutcome(run: Run, exponentials: usize, outcome: usize): void {
  const classes = layerOf(run, run.layerCount - 1).outputs;
  const scale: f64 = 1.0 / softmaxTotal;
  store<i32>(outcome, predicted);
  for (let c = 0; c < classes; c++) {
    store<f32>(outcome + 4 + (c << 2), <f32>(<f64>load<f32>(exponentials + (c << 2)) * scale));
  }
}

/**
 * After `lossOf`: leaves at place `slot` of the last layer's deltas the gradient of the loss with respect to the logits: softmax
 * minus one-hot.
 */
export function startBackward(run: Run, kept: Store, exponentials: usize, label: i32, slot: i32): void {
  const last = run.layerCount - 1;
  const layer = layerOf(run, last);
  const own = storeOf(kept, last);
  const delta = own.deltas + slot * own.pitch;
  memory.fill(delta, 0, layer.stride);
  const scale: f64 = 1.0 / softmaxTotal;
  for (let c = 0; c < layer.outputs; c++) {
    const probability = <f64>load<f32>(exponentials + (c << 2)) * scale;
    store<f32>(delta + (c << 2), <f32>(probability - f64(c === label)));
  }
}
