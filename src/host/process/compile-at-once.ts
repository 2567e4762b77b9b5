// Kernels as fast in the first step as in all others: for a process that is the program's own.

import { setFlagsFromString } from 'node:v8';

/**
 * What `compile` makes is compiled whole, and by V8's optimizing compiler too, in the background, at once: some tens of
 * milliseconds of one core, while the data are read. V8 would else compile each function when it is first called, with a
 * compiler that is quick and whose code is slow, and replace that during the first epoch, on the cores that train.
 *
 * Flags concern the whole process: so it is for the command line to ask for this and not for the library, and they are as
 * before when it returns. Not --no-liftoff, which leaves the quick compiler out: of that, Node 26 dies.
 */
export function compiledAtOnce<T>(compile: () => T): T {
  setFlagsFromString('--no-wasm-lazy-compilation');
  setFlagsFromString('--no-wasm-dynamic-tiering');
  try {
    return compile();
  } finally {
    setFlagsFromString('--wasm-dynamic-tiering');
    setFlagsFromString('--wasm-lazy-compilation');
  }
}
