// Kernels as fast in the first step as in all others: for a process that is the program's own.

import { setFlagsFromString } from 'node:v8';

/**
 * What `compile` makes is compiled whole, by V8's optimizing compiler, on all cores (some tens of milliseconds of one core).
 * V8 would else compile each function when it is first called, with a compiler that is quick and whose code is slow, and
 * replace that during the first epoch, on the cores that train. Flags concern the whole process: so it is for the command
 * line to ask for this and not for the library, and they are as before when it returns.
 */
export function compiledAtOnce<T>(compile: () => T): T {
  setFlagsFromString('--no-wasm-lazy-compilation');
  setFlagsFromString('--no-liftoff');
  try {
    return compile();
  } finally {
    setFlagsFromString('--liftoff');
    setFlagsFromString('--wasm-lazy-compilation');
  }
}
