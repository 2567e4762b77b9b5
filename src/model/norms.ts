// How large a vector is, layer by layer. The square root alone is the host's, and IEEE 754 fixes it.

import { type Layout, namedTensors } from './layout.ts';

/** The Euclidean norm of each tensor of a vector in canonical order; sums are made in float64, in order. */
export function tensorNorms(
  layout: Layout,
  canonical: Float32Array,
): { readonly name: string; readonly norm: number }[] {
  return namedTensors(layout, canonical).map(({ name, data }) => ({ name, norm: normOf(data) }));
}

function normOf(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
