// What Piscina starts in the thread that draws figures beside the main one.

import { type DrawingTask, drawNext, type Figure } from '../../src/figures/figure.ts';
import { Rasteriser } from '../../src/figures/raster.ts';

/** Returns what it drew, when all is taken. */
export default function draw(task: DrawingTask): Figure[] {
  const rasteriser = new Rasteriser();
  const figures: Figure[] = [];
  for (let figure = drawNext(task, rasteriser); figure !== null; figure = drawNext(task, rasteriser)) {
    figures.push(figure);
  }
  return figures;
}
