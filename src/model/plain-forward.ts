// The network forward, image by image, in plain JavaScript: for where neither kernels nor threads are, as in an exported page. Sums
// are of float64, so that it is nearer to the truth than the kernels, and not their bits: nothing that is trained comes from here.

import type { Layout } from './layout.ts';

export interface PlainNetwork {
  readonly layout: Layout;
  /** In canonical order. */
  readonly parameters: Float32Array;
  /** An input is pixel * scale - offset. */
  readonly scale: number;
  readonly offset: number;
}

/** One for each class, of the pixels (0 to 255) of one image. */
export function probabilitiesOf({ layout, parameters, scale, offset }: PlainNetwork, pixels: Uint8Array): Float64Array {
  let values = Float64Array.from(pixels, (pixel) => pixel * scale - offset);
  layout.layers.forEach(({ inputs, outputs, canonicalOffset }, l) => {
    const bias = canonicalOffset + inputs * outputs;
    const sums = new Float64Array(outputs);
    for (let o = 0; o < outputs; o++) {
      let sum = parameters[bias + o]!;
      for (let i = 0, at = canonicalOffset + o * inputs; i < inputs; i++, at++) sum += parameters[at]! * values[i]!;
      sums[o] = l + 1 < layout.layers.length ? Math.max(0, sum) : sum;
    }
    values = sums;
  });
  return softmax(values);
}

function softmax(logits: Float64Array): Float64Array {
  const most = logits.reduce((largest, value) => Math.max(largest, value), Number.NEGATIVE_INFINITY);
  const powers = logits.map((value) => Math.exp(value - most));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}
