// Loss, hits and outcomes of images, with parameters as they stand: nothing is kept for a gradient.

import { listPixels, seenImage } from './augment';
import { layerOf } from './inlined';
import { forward } from './layers';
import { isHit, lossOf, storeOutcome } from './loss';
import { shiftBias } from './shifted-input';
import { Run, Scratch, Sums, TILE } from './structs';

/**
 * Loss and correct predictions of the images numbered by the list at `numbers` (u32; 0 = 0, 1, 2, ...), [first, end).
 * `purpose` 0 takes them as they are, another augments at (seed, purpose, epoch, image number).
 * With `outcomes` (0 = none) the outcome of image i of the list stands there, at i * 4 * (classes + 1): storeOutcome.
 */
export function evaluate(
  runAt: usize,
  scratchAt: usize,
  parameters: usize,
  partials: usize,
  images: usize,
  labels: usize,
  numbers: usize,
  first: i32,
  end: i32,
  purpose: u32,
  epoch: u32,
  sumsAt: usize,
  outcomes: usize,
): void {
  const run = changetype<Run>(runAt);
  const scratch = changetype<Scratch>(scratchAt);
  shiftBias(run, scratch, parameters, partials);
  const outcomeBytes = (layerOf(run, run.layerCount - 1).outputs + 1) << 2;
  let lossSum: f64 = 0;
  let correctCount = 0;
  for (let start = first; start < end; start += TILE) {
    const count = min(TILE, end - start);
    for (let i = 0; i < count; i++) {
      const number = numbers ? load<u32>(numbers + ((start + i) << 2)) : start + i;
      listPixels(run, scratch, i, seenImage(run, scratch, images, number, purpose, epoch, scratch.images));
    }
    forward(run, scratch, parameters, count, null, 0);
    for (let i = 0; i < count; i++) {
      const number = numbers ? load<u32>(numbers + ((start + i) << 2)) : start + i;
      const logits = scratch.sums + i * scratch.sumBytes;
      lossSum += lossOf(run, logits, <i32>load<u8>(labels + number));
      correctCount += isHit();
      if (outcomes) storeOutcome(run, logits, outcomes + (start + i) * outcomeBytes);
    }
  }
  const sums = changetype<Sums>(sumsAt);
  sums.lossSum = lossSum;
  sums.correctCount = correctCount;
  sums.sampleCount = end - first;
}
