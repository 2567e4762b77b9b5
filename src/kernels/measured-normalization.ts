// A run's normalisation, where it was measured after its memory was laid out: from images that are read into it. Any other stands in
// the plan from the start.

import type { Normalization } from '../model/normalization.ts';
import { pixelMapWords } from './memory-plan.ts';
import { RunWord } from './memory-records.ts';
import type { RunMemory } from './run-memory.ts';

/** No thread may be computing. */
export function setNormalization({ words, plan }: RunMemory, normalization: Normalization): void {
  const at = plan.runRecord / 4;
  const { scale, offset } = pixelMapWords(normalization);
  words[at + RunWord.scale] = scale;
  words[at + RunWord.offset] = offset;
}
