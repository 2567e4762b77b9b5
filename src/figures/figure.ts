// Figures of drawings, as they are written to the disk and shown in a page. Several threads may draw the same list: each
// takes the next drawing that nobody has taken. Knows nothing of threads and files.

import type { Drawing } from './drawing.ts';
import type { Rasteriser } from './raster.ts';
import { type Svg, toSvg } from './svg.ts';

export interface Figure {
  /** Its place in the list of drawings. */
  readonly index: number;
  readonly svg: Svg;
  readonly png: Uint8Array;
}

/** What is sent to a thread that draws as well. */
export interface DrawingTask {
  readonly drawings: readonly Drawing[];
  /** Pixels of the PNG to a unit of the drawing. */
  readonly scale: number;
  /** One word of shared memory: so many drawings are taken. */
  readonly taken: Int32Array;
}

/** null when all are taken. */
export function drawNext({ drawings, scale, taken }: DrawingTask, rasteriser: Rasteriser): Figure | null {
  const index = Atomics.add(taken, 0, 1);
  const drawing = drawings[index];
  if (drawing === undefined) return null;
  return { index, svg: toSvg(drawing), png: rasteriser.toPng(drawing, scale) };
}
