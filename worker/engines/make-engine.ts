// From an engine's name to the engine: the one place on this side that knows all of them. A new one is made here, and has to
// keep what src/engine.ts says. Knows nothing of threads.

import type { Engine, EngineSpec } from '../../src/engine.ts';
import { engineNames } from '../../src/engine.ts';
import { LockstepError } from '../../src/errors.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { TfjsEngine } from './tfjs-engine.ts';
import { loadTensorflow } from './tfjs-node.ts';
import { WasmEngine } from './wasm-engine.ts';

export async function makeEngine(spec: EngineSpec, memory: RunMemory, worker: number): Promise<Engine> {
  if (spec.name === 'wasm') return new WasmEngine(memory, worker, spec);
  if (spec.name === 'tfjs-node') return new TfjsEngine(loadTensorflow(), memory, worker, spec);
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_BAD_OPTION',
    what: `There is no engine "${spec.name}"`,
    why: `this program has: ${engineNames.join(', ')}`,
    mend: 'Use --engine wasm.',
  });
}
