// What the compiled module exports. No heap and no mutable static memory: several threads share one memory.
//
// This folder is AssemblyScript, formatted and linted as all else is, but for two things in biome.json: `import type` is no
// syntax of its, so that rule is off here; and inlined.ts cannot be parsed, for the reason that it states.

export { augmentImage } from './augment';
export { denseImages, denseSamples } from './dense';
export { evaluate } from './evaluate';
export { computeBlock, computeTile, sumSlice } from './gradient';
export { foldHash, hashVector } from './hash';
export { sumLosses } from './loss-sums';
export { philox } from './random';
export { finish, sumFirstRows } from './shifted-input';
export { updateFlat, updateSlice } from './update';
export { add, allFinite, unsignZeros } from './vectors';

/** Where this module's constants end: addresses below belong to the compiler. */
export function heapBase(): usize {
  return __heap_base;
}
