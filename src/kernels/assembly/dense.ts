// Samples as a dense float32 matrix, for engines that multiply matrices: each row is an image as ToTensor and
// Normalize make it (not shifted), and a 1, by which a product with weights adds the bias, too. The labels
// stand beside it. The same lists as training's own stand behind it.

import { seenImage } from './augment';
import { Run, Scratch } from './structs';
import { sampleImage } from './tile-samples';

/** Bytes of a sample's row. */
function rowBytes(run: Run): i32 {
  return (run.rows * run.columns + 1) << 2;
}

/** Writes an image as a row: its `pixels` values, and 1. */
function writeRow(run: Run, image: usize, pixels: i32, row: usize): void {
  const scale = f32x4.splat(run.scale);
  const offset = f32x4.splat(run.offset);
  let i = 0;
  for (; i + 4 <= pixels; i += 4) {
    const four = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(image + i)));
    v128.store(row + (i << 2), f32x4.sub(f32x4.mul(f32x4.convert_i32x4_s(four), scale), offset));
  }
  for (; i < pixels; i++) store<f32>(row + (i << 2), <f32>load<u8>(image + i) * run.scale - run.offset);
  store<f32>(row + (pixels << 2), 1);
}

/**
 * The training samples at the positions [first, end) of the epoch's order, of which none may be skipped: rows at `target`, labels (u8) at
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
  const bytes = rowBytes(run);
  for (let i = first; i < end; i++) {
    const number = load<u32>(run.order + (i << 2));
    sampleImage(run, scratch, epoch, number, scratch.images);
    writeRow(run, scratch.images, pixels, target + (i - first) * bytes);
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
  const bytes = rowBytes(run);
  for (let i = first; i < end; i++) {
    const number = numbers ? load<u32>(numbers + (i << 2)) : i;
    const image = seenImage(run, scratch, images, number, purpose, epoch, scratch.images);
    writeRow(run, image, pixels, target + (i - first) * bytes);
    store<u8>(targetLabels + (i - first), load<u8>(labels + number));
  }
}
