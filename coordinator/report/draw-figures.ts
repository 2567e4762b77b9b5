// Has the figures of a report drawn: by this thread, and by another beside it. Which of them drew a figure cannot show. Knows
// nothing of what the figures are.

import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { Drawing } from '../../src/figures/drawing.ts';
import { drawNext, type Figure } from '../../src/figures/figure.ts';
import { Rasteriser } from '../../src/figures/raster.ts';
import { threadsLack } from '../../src/host/machine-lack.ts';
import { machineLimits } from '../../src/host/machine-limits.ts';
import { ThreadPlace } from '../../src/host/thread-place.ts';

/** A thread that draws (`threadFile`: drawing-thread.ts, compiled), which may begin to start; null where it would not help. */
export function helperOf(threadFile: string): ThreadPlace | null {
  if (availableParallelism() === 1 || threadsLack(1, machineLimits()) !== null) return null;
  try {
    return new ThreadPlace(threadFile);
  } catch {
    return null;
  }
}

/** In the order of the drawings. `scale`: pixels of the PNG to a unit of the drawing. */
export async function drawFigures(
  drawings: readonly Drawing[],
  scale: number,
  helper: ThreadPlace | null,
): Promise<Figure[]> {
  const task = { drawings, scale, taken: new Int32Array(new SharedArrayBuffer(4)) };
  const helped = helper?.run(task).catch(() => []) as Promise<Figure[]> | undefined;
  const figures: Figure[] = [];
  const rasteriser = new Rasteriser();
  for (let figure = drawNext(task, rasteriser); figure !== null; figure = drawNext(task, rasteriser)) {
    figures.push(figure);
    // a helper that has just started is heard
    await setImmediate();
  }
  // one that is still starting has drawn nothing
  if (figures.length < drawings.length) figures.push(...((await helped) ?? []));
  // it died, and what it had taken is lost
  if (figures.length < drawings.length) return await drawFigures(drawings, scale, null);
  return figures.sort((a, b) => a.index - b.index);
}
