// The memory of a node's run, laid out by the welcome and the shape of the data: these may still be to come, and are then read to
// where they stand.

import type { DatasetShape } from '../../src/data/assemble.ts';
import { type Dataset, datasetAt } from '../../src/data/dataset.ts';
import { type SplitNumbers, splitImages } from '../../src/data/sampler.ts';
import type { EngineSpec } from '../../src/engine.ts';
import { messageOf } from '../../src/errors.ts';
import { runMemoryOn } from '../../src/kernels/lay-memory.ts';
import { planMemory } from '../../src/kernels/memory-plan.ts';
import type { RunShape } from '../../src/kernels/memory-shape.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { resolveOptions } from '../../src/options/config.ts';
import { shapeOf } from '../../src/run/run-shape.ts';
import type { Welcome } from '../../src/wire/messages.ts';
import { ProtocolError } from '../../src/wire/protocol-error.ts';
import { hasWideVectors, type NodeWiring } from './node-wiring.ts';
import type { SpareMemory } from './spare-memory.ts';

export interface LaidRun {
  readonly seed: number;
  readonly split: SplitNumbers;
  readonly shape: RunShape;
  readonly memory: RunMemory;
  readonly module: WebAssembly.Module;
  readonly engine: EngineSpec;
  readonly threads: number;
}

export interface Hands {
  readonly engine: string;
  readonly threads: number;
  readonly wiring: NodeWiring;
  readonly memories: SpareMemory;
}

/**
 * `known`: the data, where the node has them.
 * @throws ProtocolError: doesNotFit when the run cannot be computed here
 */
export function layNodeRun(welcome: Welcome, data: DatasetShape, known: Dataset | null, hands: Hands): LaidRun {
  const { engine: name, threads, wiring, memories } = hands;
  return fitting(() => {
    const options = resolveOptions({}, welcome.configuration);
    const { seed, augmentValidation, valSize, limitTrain, without } = options;
    const split = splitImages(seed, data.train.count, valSize, limitTrain, without, data.validation);
    const shape = shapeOf(options, data, split, threads, options.shards);
    const plan = planMemory(shape, wiring.heapBase());
    if (plan.vectorBytes !== 4 * welcome.valueCount) {
      throw new Error(`the model has ${plan.vectorBytes / 4} values here, ${welcome.valueCount} there`);
    }
    const wide = hasWideVectors(name, wiring) ? wiring.wide : undefined;
    const module = wide?.module ?? wiring.sharedKernels();
    const memory = runMemoryOn(memories.take(plan, known), plan, module);
    const isThere = known?.train.images.buffer === memory.wasmMemory.buffer;
    if (known !== null && !isThere) memory.setData(known.train, known.test, split.validation);
    else memory.setValidation(split.validation);
    const engine = { name, augmentValidation, ...(wide === undefined ? {} : { wide }) };
    return { seed, split, shape, memory, module, engine, threads };
  });
}

/** The data of a run, as views of its memory. */
export function dataOf({ memory }: LaidRun, data: DatasetShape): Dataset {
  return datasetAt(data, memory.dataPlace);
}

/** What goes wrong here is that the run does not fit. */
export function fitting<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    throw new ProtocolError('doesNotFit', messageOf(error), { cause: error });
  }
}
