// Images of no meaning for self-tests, the same everywhere. Pure.

import type { ImageSet } from '../../src/data/dataset.ts';
import type { RunShape } from '../../src/kernels/memory-shape.ts';

/** About a fifth of their pixels are not 0; labels go round. */
export function fixedImages(
  { rows, columns, layout }: Pick<RunShape, 'rows' | 'columns' | 'layout'>,
  count: number,
): ImageSet {
  const classes = layout.layers.at(-1)!.outputs;
  const noise = (i: number) => Math.imul(i + 1, 0x9e3779b1) >>> 24;
  const images = new Uint8Array(count * rows * columns);
  for (let i = 0; i < images.length; i++) if (noise(i) < 51) images[i] = noise(i + 7);
  return { count, rows, columns, images, labels: Uint8Array.from({ length: count }, (_, i) => i % classes) };
}
