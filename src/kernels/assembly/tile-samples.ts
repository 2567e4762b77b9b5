// The samples of a tile: their images as the network sees them, and the lanes that have none.

import { augment, copyImage, imageBytes } from './augment';
import { layerOf, storeOf } from './inlined';
import { Run, Scratch, SKIPPED, Store, TILE } from './structs';

const AUGMENT_TRAINING: u32 = 4;

/** The inputs of a sample, image `number` of the training file, as pixels at `target`. */
export function sampleImage(run: Run, scratch: Scratch, epoch: u32, number: u32, target: usize): void {
  const image = run.images + number * run.rows * run.columns;
  if (run.augment) augment(run, scratch, image, AUGMENT_TRAINING, epoch, number, target);
  else copyImage(run, image, target);
}

/**
 * Reads from each line of the images of the `count` samples from `start` of the order on, so that they are on their way all at once:
 * they stand far apart in memory. No compiler leaves a load out that nobody uses, since it might trap.
 */
export function touchImages(run: Run, start: i32, count: i32): void {
  const pixels = run.rows * run.columns;
  for (let i = 0; i < count; i++) {
    const image = run.images + (load<u32>(run.order + ((start + i) << 2)) & ~SKIPPED) * pixels;
    for (let at = 0; at < pixels; at += 64) load<u8>(image + at);
  }
}

/** Lanes from `count` on are those of the background: they touch no row. */
export function clearTile(run: Run, images: usize, kept: Store, tile: i32, count: i32): void {
  const bytes = imageBytes(run);
  memory.fill(images + count * bytes, 0, (TILE - count) * bytes);
  for (let l = 1; l < run.layerCount; l++) {
    const size = (layerOf(run, l).inputs * TILE) << 2;
    memory.fill(storeOf(kept, l).inputs + tile * size, 0, size);
  }
}
