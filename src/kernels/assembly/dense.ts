// Samples as a dense float32 matrix, for engines that multiply matrices: each row is an image as ToTensor and
// Normalize(0.5, 0.5) make it (-1 to 1, not shifted), beside its label. The same lists as training's own stand behind it.

import { augment } from './augment';
import { sampleImage } from './gradient';
import { Run, SCALE, Scratch } from './structs';

/** Writes an image as a row of `pixels` values. */
function writeRow(image: usize, pixels: i32, row: usize): void {
  for (let i = 0; i < pixels; i++) store<f32>(row + (i << 2), <f32>load<u8>(image + i) * SCALE - 1);
}

/**
 * The training samples at the positions [first, end) of the epoch's order: rows at `target`, labels (u8) at
 * `targetLabels`.
 */
export function denseSamples(
  runAt: usize,
  scratchAt: usize,
  epoch: u32,
  first: i32,
  end: i32,
  target: usize,
  targetLabels: usize,
): void {
  const run = changetype<Run>(runAt);
  const scratch = changetype<Scratch>(scratchAt);
  const pixels = run.rows * run.columns;
  for (let i = first; i < end; i++) {
    const number = load<u32>(run.order + (i << 2));
    sampleImage(run, epoch, number, scratch.images);
    writeRow(scratch.images, pixels, target + (i - first) * (pixels << 2));
    store<u8>(targetLabels + (i - first), load<u8>(run.labels + number));
  }
}

/** The same of a list of images, whose arguments are those of `evaluate` (evaluate.ts). */
export function denseImages(
  runAt: usize,
  scratchAt: usize,
  images: usize,
  labels: usize,
  numbers: usize,
  first: i32,
  end: i32,
  purpose: u32,
  epoch: u32,
  target: usize,
  targetLabels: usize,
): void {
  const run = changetype<Run>(runAt);
  const scratch = changetype<Scratch>(scratchAt);
  const pixels = run.rows * run.columns;
  for (let i = first; i < end; i++) {
    const number = numbers ? load<u32>(numbers + (i << 2)) : i;
    let image = images + number * pixels;
    if (purpose) {
      augment(run, image, purpose, epoch, number, scratch.images);
      image = scratch.images;
    }
    writeRow(image, pixels, target + (i - first) * (pixels << 2));
    store<u8>(targetLabels + (i - first), load<u8>(labels + number));
  }
}
