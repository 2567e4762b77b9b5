// Initial parameters as torch.nn.Linear draws them: weights and biases uniform in ±1/sqrt(fan_in)
// (torch.nn.Linear's documentation). Each value is drawn at its own address.

import { Purpose, randomAt } from '../random.ts';
import type { Layout } from './layout.ts';

/** New parameters in canonical order. */
export function initialParameters(layout: Layout, seed: number): Float32Array {
  const parameters = new Float32Array(layout.parameters);
  layout.layers.forEach(({ inputs, outputs, canonicalOffset }, layer) => {
    // sqrt is exact to the last bit on every host: IEEE 754 demands it, unlike exp, log, sin or cos
    const bound = 1 / Math.sqrt(inputs);
    const count = (inputs + 1) * outputs;
    for (let i = 0; i < count; i += 4) {
      const words = randomAt(seed, Purpose.init, layer, i >>> 2);
      for (let j = 0; j < 4 && i + j < count; j++) {
        parameters[canonicalOffset + i + j] = ((words[j]! / 2 ** 32) * 2 - 1) * bound;
      }
    }
  });
  return parameters;
}
