// Wide kernels beside narrow ones, as code: on any machine, since neither the self-test nor the engine that does tasks again knows
// whether its kernels are wide. Here both are narrow; where they are not the same, one was made wrong.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it, test } from 'vitest';
import type { StepAddress } from '../../../src/engine.ts';
import { REST_GROUPS, ROW_GROUPS } from '../../../src/kernels/kernels.ts';
import { layRun, runMemoryOn } from '../../../src/kernels/lay-memory.ts';
import { ADAM_BYTES, LayerStoreWord, StoreWord } from '../../../src/kernels/memory-records.ts';
import type { RunShape } from '../../../src/kernels/memory-shape.ts';
import { passesOf } from '../../../src/kernels/pass-grid.ts';
import type { RunMemory } from '../../../src/kernels/run-memory.ts';
import { wiring } from '../../../src/library.ts';
import { initialParameters } from '../../../src/model/init.ts';
import { layoutOf } from '../../../src/model/layout.ts';
import { rootLevel } from '../../../src/tree.ts';
import { CheckedEngine } from '../../../worker/engines/checked-engine.ts';
import { kernelThatDiffers } from '../../../worker/engines/kernel-trial.ts';
import {
  outputsOfBlock,
  outputsOfPart,
  outputsOfSlice,
  outputsOfTiles,
  outputsOfUpdate,
  type Range,
} from '../../../worker/engines/outputs.ts';
import { WasmEngine } from '../../../worker/engines/wasm-engine.ts';
import { refusal } from '../../support/refusal.ts';
import { bitsOf, traced } from '../../support/train.ts';
import { wrongKernels } from '../../support/wrong-kernels.ts';

const spec = { name: 'wasm', augmentValidation: true };
const narrow = wiring.sharedKernels();

/** Two batches, the second of another size. */
function shapeOf(batchSize: number, shards: number, hidden: readonly number[]): RunShape {
  const layout = layoutOf([12 * 12, ...hidden, 10]);
  const counts = {
    trainImages: 2 * batchSize - 1,
    trainingCount: 2 * batchSize - 1,
    validationCount: 300,
    testImages: 300,
  };
  const run = { layout, rows: 12, columns: 12, batchSize, shards, seed: 7, augment: true, outcomes: true };
  return { ...run, ...counts, workers: 1, slots: 2 };
}

const shapes: [string, RunShape][] = [
  ['the reference', shapeOf(128, 8, [128, 64])],
  ['one shard in several passes', shapeOf(700, 1, [33, 7])],
  ['passes of a few of many shards', shapeOf(600, 16, [40])],
  ['shards that are smaller than a tile', shapeOf(70, 64, [24, 24, 24])],
  ['rows that are long', shapeOf(90, 4, [66, 258])],
];

function prepared(shape: RunShape): RunMemory {
  const memory = layRun(shape, narrow, wiring.heapBase());
  const images = (count: number) => ({
    ...{ count, rows: shape.rows, columns: shape.columns },
    images: Uint8Array.from({ length: count * 144 }, (_, i) => (i % 5 === 0 ? (i * 7) % 256 : 0)),
    labels: Uint8Array.from({ length: count }, (_, i) => i % 10),
  });
  const numbers = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);
  memory.setData(images(shape.trainImages), images(shape.testImages), numbers(shape.validationCount));
  memory.setOrder(0, numbers(shape.trainingCount));
  memory.setState(0, initialParameters(shape.layout, shape.seed));
  for (const step of [0, 1]) {
    memory.setStepScalars(step, { learningRate: 1e-3, beta1Power: 0.9, beta2Power: 0.999, decay: 1e-5 });
  }
  memory.setTreeNodes([{ level: rootLevel(shape.shards), index: 0 }], [0]);
  return memory;
}

/** All tasks of two steps, and of an evaluation: what each writes, and how it is done. */
function* tasksOn(memory: RunMemory, engine: WasmEngine | CheckedEngine): Generator<[() => Range[], () => unknown]> {
  const { grid, shape } = memory.plan;
  const root = { level: rootLevel(shape.shards), index: 0 };
  for (const step of [0, 1]) {
    const at: StepAddress = { epoch: 0, step, stepInEpoch: step };
    const samples = shape.batchSize - step;
    // by itself, it works in its store
    yield [() => [...outputsOfBlock(memory, 0), storeOf(memory)], () => engine.computeBlock(at, root, 0)];
    for (let slice = 0; slice <= ROW_GROUPS; slice++) {
      yield [() => outputsOfUpdate(memory, step, slice), () => engine.updateSlice(step, 1, samples, slice)];
    }
    for (let pass = 0; pass < passesOf(grid, shape.shards); pass++) {
      for (let tile = 0; tile < grid.passGroups; tile++) {
        const outputs = () => outputsOfTiles(memory, at, pass, tile);
        yield [outputs, () => engine.shared.computeTile(at, pass, tile)];
      }
      for (let slice = 0; slice < ROW_GROUPS + REST_GROUPS; slice++) {
        const outputs = () => outputsOfSlice(memory, step, pass, slice);
        yield [outputs, () => engine.shared.sumSlice(at, pass, slice, samples)];
      }
    }
    yield [() => outputsOfBlock(memory, 0).slice(1), () => engine.shared.sumLosses(at)];
  }
  for (const split of ['test', 'validation'] as const) {
    for (const part of [0, 1]) {
      yield [() => outputsOfPart(memory, split, part), () => engine.evaluatePart(split, part, 0, 0)];
    }
  }
}

function storeOf({ plan, words }: RunMemory): Range {
  const { store, adam } = plan.workers[0]!;
  const layers = words[store / 4 + StoreWord.layers]! >>> 0;
  const at = words[layers / 4 + LayerStoreWord.deltas]! >>> 0;
  return { at, bytes: adam - at };
}

/** What a worker works on, and leaves no word of to others: the scratch before its store, and its record of Adam. */
function scratchOf(memory: RunMemory): Range[] {
  const { runRecord, workers } = memory.plan;
  return [
    { at: runRecord, bytes: storeOf(memory).at - runRecord },
    { at: workers[0]!.adam, bytes: ADAM_BYTES },
  ];
}

describe.each(shapes)('tasks of %s', (_, shape) => {
  it('write what is said of them, and nothing else', () => {
    const memory = prepared(shape);
    const scratch = scratchOf(memory);
    for (const [outputs, work] of tasksOn(memory, new WasmEngine(memory, 0, spec))) {
      const before = memory.bytes.slice();
      if (work() === 0) continue;
      for (const { at, bytes } of [...outputs(), ...scratch]) before.set(memory.bytes.subarray(at, at + bytes), at);
      expect(Buffer.compare(before, memory.bytes)).toBe(0);
    }
  });

  it('leave the same bits when each is done again', () => {
    const [plain, checked] = [prepared(shape), prepared(shape)];
    const again = runMemoryOn(checked.wasmMemory, checked.plan, narrow);
    const engines = [new WasmEngine(checked, 0, spec), new WasmEngine(again, 0, spec)] as const;
    for (const [, work] of tasksOn(plain, new WasmEngine(plain, 0, spec))) work();
    for (const [, work] of tasksOn(checked, new CheckedEngine(...engines, checked, 0, 1))) work();
    expect(checked.state(1)).toEqual(plain.state(1));
    expect(checked.sums(checked.partSumsAt(1))).toEqual(plain.sums(plain.partSumsAt(1)));
  });
});

test('kernels that are the same pass the self-test, on any widths and shards', () => {
  for (const [, shape] of shapes) {
    expect(kernelThatDiffers(shape, { module: narrow, narrow }, wiring.heapBase())).toBe(null);
  }
});

// V8 does not widen it here; but it takes other columns at a time, so that long rows are packed in another way
test('the build for wide vectors passes it, on any widths and shards', () => {
  const module = new WebAssembly.Module(readFileSync(createRequire(import.meta.url).resolve('#kernels-wide')));
  const long = [[1024, 1024], [512], [1000, 64]].map((hidden) => shapeOf(128, 8, hidden));
  for (const shape of [...shapes.map(([, one]) => one), ...long]) {
    expect(kernelThatDiffers(shape, { module, narrow }, wiring.heapBase())).toBe(null);
  }
});

test('negative control: almost every wrong operation is found, all but those that add nothing', () => {
  // short rows and long ones have kernels of their own
  const tried = [shapes[0]!, shapes.at(-1)!];
  const found = wrongKernels(3).map((module) =>
    tried.reduce<string | null>(
      (kernel, [, shape]) => kernel ?? kernelThatDiffers(shape, { module, narrow }, wiring.heapBase()),
      null,
    ),
  );
  expect(found.length).toBeGreaterThan(25);
  // the rest add products with 0, to see whether there is a NaN among them
  expect(found.filter((kernel) => kernel === null).length).toBeLessThan(0.15 * found.length);
  expect(new Set(found)).toEqual(new Set([...found, 'computeBlock', 'sumSlice', 'evaluate']));
});

describe('training with kernels that are compared', () => {
  const short = { epochs: 1, limitTrain: 1000, wide: true };

  it.each([0, 1, 3])('gives the bits of other runs with %d threads', async (threads) => {
    const wideKernels = () => ({ module: narrow, narrow });
    const found = await traced({ ...short, threads }, { wideKernels });
    expect(bitsOf(found)).toEqual(bitsOf(await traced({ ...short, wide: false, threads: 0 })));
  });

  it.each([0, 2])('negative control: a wrong kernel ends the run with %d threads', async (threads) => {
    const module = wrongKernels(20)[2]!;
    const wideKernels = () => ({ module, narrow });
    const refused = await refusal(async () => await traced({ ...short, threads }, { wideKernels }));
    expect(refused).toMatchObject({ code: 'ERR_LOCKSTEP_WIDE_DIFFERS', exitCode: 1 });
    expect(refused.why).toContain('in the self-test on the run');
    expect(refused.mend).toContain('LOCKSTEP_WIDE=0');
  });
});
