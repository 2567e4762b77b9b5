// What the compiled module exports. No heap and no mutable static memory: several threads share one memory.

export { augmentImage } from './augment';
export { denseImages, denseSamples } from './dense';
export { computeBlock, evaluate } from './gradient';
export { philox } from './random';
export { finish, sumFirstRows, updateFlat, updateSlice } from './update';
export { add, allFinite, unsignZeros } from './vectors';

/** Where this module's constants end: addresses below belong to the compiler. */
export function heapBase(): usize {
  return __heap_base;
}
