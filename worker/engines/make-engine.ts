// From an engine's name to the engine: the one place on this side that knows all of them. A new one is made here, and has to
// keep what src/engine.ts says. Knows nothing of threads.

import type { Engine, EngineSpec, WideKernels } from '../../src/engine.ts';
import { engineNames } from '../../src/engine.ts';
import { LockstepError } from '../../src/errors.ts';
import { runMemoryOn } from '../../src/kernels/lay-memory.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { CheckedEngine } from './checked-engine.ts';
import { kernelThatDiffers } from './kernel-trial.ts';
import { TfjsEngine } from './tfjs-engine.ts';
import { loadTensorflow } from './tfjs-node.ts';
import { WasmEngine } from './wasm-engine.ts';
import { wideDiffers } from './wide-differs.ts';

/** Before a thread computes with wide vectors, in that thread. */
function tryKernels(wide: WideKernels, { plan, kernels }: RunMemory): void {
  const kernel = kernelThatDiffers(plan.shape, wide, kernels.heapBase());
  if (kernel !== null) throw wideDiffers(`the kernel ${kernel}, in the self-test on the run's own widths and batch`);
}

export async function makeEngine(spec: EngineSpec, memory: RunMemory, worker: number): Promise<Engine> {
  if (spec.name === 'wasm') {
    const engine = new WasmEngine(memory, worker, spec);
    if (spec.wide === undefined) return engine;
    tryKernels(spec.wide, memory);
    const narrow = runMemoryOn(memory.wasmMemory, memory.plan, spec.wide.narrow);
    return new CheckedEngine(engine, new WasmEngine(narrow, worker, spec), memory, worker);
  }
  if (spec.name === 'tfjs-node') return new TfjsEngine(loadTensorflow(), memory, worker, spec);
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_BAD_OPTION',
    what: `There is no engine "${spec.name}"`,
    why: `this program has: ${engineNames.join(', ')}`,
    mend: 'Use --engine wasm.',
  });
}
