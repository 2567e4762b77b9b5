// Kernels with one addition of vectors that subtracts: builds that are wrong in one place, for tests of what finds such.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

// f32x4.add and f32x4.sub as WebAssembly writes them: the prefix of vectors, and their numbers in LEB128
const ADD = Buffer.from([0xfd, 0xe4, 0x01]);
const SUB = Buffer.from([0xfd, 0xe5, 0x01]);

/** The shared build with one wrong operation each, all that there are, or every `step`th. */
export function wrongKernels(step = 1): WebAssembly.Module[] {
  const bytes = readFileSync(createRequire(import.meta.url).resolve('#kernels-shared'));
  const places: number[] = [];
  for (let at = bytes.indexOf(ADD); at >= 0; at = bytes.indexOf(ADD, at + 1)) places.push(at);
  return places
    .filter((_, i) => i % step === 0)
    .map((at) => {
      const wrong = Buffer.from(bytes);
      SUB.copy(wrong, at);
      return new WebAssembly.Module(wrong);
    });
}
