// Makes the engine that a run asks for.

import type { Engine, EngineSpec } from '../src/engine.ts';
import { LockstepError } from '../src/errors.ts';
import type { Kernels } from '../src/kernels/kernels.ts';
import type { RunMemory } from '../src/kernels/run-memory.ts';
import { WasmEngine } from './wasm-engine.ts';

export async function makeEngine(spec: EngineSpec, kernels: Kernels, run: RunMemory, worker: number): Promise<Engine> {
  if (spec.name === 'wasm') return new WasmEngine(kernels, run, worker, spec);
  throw noEngine(spec.name);
}

export function noEngine(name: string): LockstepError {
  return new LockstepError({
    what: `There is no engine "${name}"`,
    why: 'this program has: wasm',
    mend: 'Use --engine wasm.',
  });
}
