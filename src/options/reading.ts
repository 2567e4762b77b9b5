// How a run's options have its data read.

import type { Reading } from '../data/source.ts';
import type { TrainOptions } from './train-options.ts';

export function readingOf(options: Omit<Reading, 'imageSize'> & Pick<TrainOptions, 'imageSize'>): Reading {
  const { transpose, label, firstLabel, pixelMax, grey, imageSize, testSize, seed } = options;
  const size = imageSize === null ? null : { rows: imageSize[0], columns: imageSize[1] };
  return { transpose, label, firstLabel, pixelMax, grey, imageSize: size, testSize, seed };
}
