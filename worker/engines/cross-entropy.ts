// Softmax and cross-entropy of a matrix of logits that stands in JavaScript: what is reported, and the gradient that goes back.

import type { Sums } from '../../src/sums.ts';

/**
 * Cross-entropy (nats) and correct predictions, in float64 and in the order of the samples. Writes the gradient of each sample's
 * loss by its logits over them.
 */
export function crossEntropy(logits: Float32Array, labels: Uint8Array): Sums {
  const classes = logits.length / labels.length;
  const powers = new Float64Array(classes);
  let lossSum = 0;
  let correctCount = 0;
  for (let sample = 0; sample < labels.length; sample++) {
    const first = sample * classes;
    const label = labels[sample]!;
    let best = 0;
    for (let c = 1; c < classes; c++) if (logits[first + c]! > logits[first + best]!) best = c;
    const largest = logits[first + best]!;
    let total = 0;
    for (let c = 0; c < classes; c++) {
      powers[c] = Math.exp(logits[first + c]! - largest);
      total += powers[c]!;
    }
    lossSum += Math.log(total) - (logits[first + label]! - largest);
    if (best === label) correctCount++;
    for (let c = 0; c < classes; c++) logits[first + c] = powers[c]! / total - (c === label ? 1 : 0);
  }
  return { lossSum, correctCount, sampleCount: labels.length };
}
