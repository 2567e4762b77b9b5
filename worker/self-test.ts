// The handshake's self-test: a fixed small network and batch, independent of the run. Two ends whose engines would not agree
// to the bit differ in its digest.

import { digestOf } from '../src/digest.ts';
import type { GradientInput, GradientResult } from '../src/kernels/workbench.ts';
import { initialParameters } from '../src/model/init.ts';
import { layoutOf } from '../src/model/layout.ts';
import { Purpose, randomAt } from '../src/random.ts';

const [rows, columns, classes, count] = [12, 12, 10, 96];
const hidden = [37, 21];

/** Digits' likeness: mostly background, some grey. */
export function selfTestInput(): GradientInput {
  const images = Uint8Array.from({ length: count * rows * columns }, (_, i) => {
    const [word] = randomAt(7, Purpose.init, 1000, i);
    return word % 5 === 0 ? (word >>> 8) & 255 : 0;
  });
  const labels = Uint8Array.from({ length: count }, (_, i) => i % classes);
  const parameters = initialParameters(layoutOf([rows * columns, ...hidden, classes]), 7);
  return { hidden, parameters, images, labels, rows, columns, classes };
}

/** SHA-256 (hex) of the gradient, with the loss behind it. */
export function selfTestDigest(compute: (input: GradientInput) => GradientResult): string {
  const { gradient, lossSum } = compute(selfTestInput());
  return digestOf(Float32Array.from([...gradient, lossSum]));
}
