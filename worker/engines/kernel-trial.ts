// Whether two builds of the kernels give the same bits: each kernel, on the widths, batch and shards of a run, again and again on
// what came of it before. Both have a memory of their own, laid out alike; after each kernel the memories are the same, byte by byte,
// but for what a kernel leaves of its own way of working (WorkerPlan.ofBuild), which no other reads.

import type { StepAddress, WideKernels } from '../../src/engine.ts';
import { type Kernels, REST_GROUPS, ROW_GROUPS } from '../../src/kernels/kernels.ts';
import { layRun } from '../../src/kernels/lay-memory.ts';
import type { RunShape } from '../../src/kernels/memory-shape.ts';
import { committedHash, hashOfParameters } from '../../src/kernels/parameter-hash.ts';
import { passesOf } from '../../src/kernels/pass-grid.ts';
import { bufferOf, type RunMemory } from '../../src/kernels/run-memory.ts';
import { BiasPowers } from '../../src/model/adam.ts';
import { initialParameters } from '../../src/model/init.ts';
import type { Layout } from '../../src/model/layout.ts';
import { Purpose } from '../../src/random.ts';
import { type BlockAddress, rootLevel } from '../../src/tree.ts';
import { Committer } from './committer.ts';
import { fixedImages } from './fixed-images.ts';
import { WasmEngine } from './wasm-engine.ts';

// What is wrong may be so now and then only.
const ROUNDS = 4;
const EVALUATED = 40;

interface Bench {
  readonly memory: RunMemory;
  readonly engine: WasmEngine;
  readonly committer: Committer;
  readonly batchCounts: readonly number[];
}

/** The first kernel that gives other bits in one build than in the other; null: none does. */
export function kernelThatDiffers(shape: RunShape, { module, narrow }: WideKernels, base: number): string | null {
  // the second batch is smaller, so that its shards have other sizes
  const batchCounts = [shape.batchSize, Math.ceil(shape.batchSize / 2)];
  const count = batchCounts.reduce((sum, one) => sum + one);
  const counts = { trainImages: count, trainingCount: count, validationCount: EVALUATED, testImages: EVALUATED };
  const tried: RunShape = { ...shape, ...counts, workers: 1, slots: 3, outcomes: true, dense: true };
  const images = { train: fixedImages(shape, count), test: fixedImages(shape, EVALUATED) };
  const parameters = initialParameters(shape.layout, shape.seed);
  const benchOf = (build: WebAssembly.Module): Bench => {
    const memory = layRun(tried, build, base);
    memory.setData(images.train, images.test, numbers(EVALUATED));
    for (const epoch of [0, 1]) memory.setOrder(epoch, numbers(count));
    memory.setState(0, parameters);
    const engine = new WasmEngine(memory, 0, { name: 'wasm', augmentValidation: true });
    return { memory, engine, committer: new Committer(memory, 0, true), batchCounts };
  };
  const [one, other] = [benchOf(module), benchOf(narrow)];
  const powers = new BiasPowers();
  for (let round = 0; round < ROUNDS; round++) {
    powers.advance();
    const { beta1Power, beta2Power } = powers;
    for (const { memory } of [one, other]) {
      // rows of dense inputs have kernels of their own
      if (round === ROUNDS / 2) memory.setParameters(round, active(shape.layout, parameters));
      memory.setStepScalars(round, { learningRate: 1e-3, beta1Power, beta2Power, decay: 1e-5 });
      memory.useOrder(round);
    }
    for (const [kernel, work] of Object.entries(trials)) {
      if (work(one, round) !== work(other, round)) return kernel;
      for (const { memory } of [one, other]) {
        for (const { at, bytes } of memory.plan.workers[0]!.ofBuild) memory.bytes.fill(0, at, at + bytes);
      }
      if (Buffer.compare(one.memory.bytes, other.memory.bytes) !== 0) return kernel;
    }
  }
  return null;
}

/** Each kernel at work; what it returns is compared as well. */
const trials: { readonly [Name in keyof Kernels]: (bench: Bench, round: number) => unknown } = {
  heapBase: ({ memory }) => memory.kernels.heapBase(),
  philox: ({ memory: { kernels, plan } }) => kernels.philox(plan.slots[0]!.vector, plan.slots[0]!.vector + 16),
  augmentImage: ({ memory: { kernels, plan } }, round) => {
    const { rows, columns } = plan.shape;
    for (let top = 0; top < 5; top++) {
      kernels.augmentImage(
        plan.images,
        plan.workers[0]!.dense!.samples,
        rows,
        columns,
        5 * round - 7.3,
        2,
        top,
        4 - top,
      );
    }
  },
  sumFirstRows: ({ memory: { kernels, plan } }, round) =>
    kernels.sumFirstRows(plan.runRecord, bufferOf(plan.parameters, round), bufferOf(plan.partials, round)),
  denseSamples: ({ memory: { kernels, plan } }, round) => {
    const { samples, labels } = plan.workers[0]!.dense!;
    const end = Math.min(EVALUATED, plan.shape.trainingCount);
    kernels.denseSamples(plan.runRecord, plan.workers[0]!.scratch, round, 0, end, samples, labels);
  },
  denseImages: ({ memory: { kernels, plan } }, round) => {
    const { runRecord, images, labels, validationNumbers, workers } = plan;
    const { scratch, dense } = workers[0]!;
    const end = Math.min(EVALUATED, plan.shape.trainingCount);
    const purpose = Purpose.augmentValidation;
    const { samples, labels: to } = dense!;
    kernels.denseImages(runRecord, scratch, images, labels, validationNumbers, 0, end, purpose, round, samples, to);
  },
  evaluate: ({ engine }, round) => {
    engine.evaluatePart('test', 0, round, round);
  },
  computeBlock: ({ engine, memory }, round) => {
    const { shards } = memory.plan.shape;
    halves(shards).forEach((block, slot) => {
      engine.computeBlock(addressOf(round), block, slot);
    });
    engine.computeBlock(addressOf(round), { level: rootLevel(shards), index: 0 }, 2);
  },
  computeTile: ({ engine, memory }, round) => {
    const { grid } = memory.plan;
    return Array.from({ length: grid.passGroups }, (_, i) => engine.shared.computeTile(addressOf(round), 0, i)).join();
  },
  sumSlice: ({ engine, memory, batchCounts }, round) => {
    const { grid, shape } = memory.plan;
    const at = addressOf(round);
    const finite: boolean[] = [];
    for (let pass = 0; pass < passesOf(grid, shape.shards); pass++) {
      for (let tile = 0; tile < grid.passGroups; tile++) engine.shared.computeTile(at, pass, tile);
      for (let slice = 0; slice < ROW_GROUPS + REST_GROUPS; slice++) {
        finite.push(engine.shared.sumSlice(at, pass, slice, batchCounts[at.stepInEpoch]!));
      }
    }
    return finite.join();
  },
  sumLosses: ({ engine }, round) => engine.shared.sumLosses(addressOf(round)),
  updateSlice: ({ engine, memory, batchCounts }, round) => {
    const blocks = halves(memory.plan.shape.shards);
    memory.setTreeNodes(
      blocks,
      blocks.map((_, slot) => slot),
    );
    const { step, stepInEpoch } = addressOf(round);
    const finite: boolean[] = [];
    for (let slice = 0; slice <= ROW_GROUPS; slice++) {
      finite.push(engine.updateSlice(step, blocks.length, batchCounts[stepInEpoch]!, slice));
    }
    return finite.join();
  },
  updateFlat: ({ memory: { kernels, plan }, committer }, round) =>
    kernels.updateFlat(committer.adamRecord(round, 1, 1), plan.slots[2]!.vector, plan.vectorBytes),
  foldHash: ({ memory }, round) => committedHash(memory, round),
  hashVector: ({ memory }, round) => hashOfParameters(memory, round),
  finish: ({ memory: { kernels, plan } }) => kernels.finish(plan.runRecord, plan.slots[2]!.vector),
  add: ({ memory: { kernels, plan } }) => kernels.add(plan.slots[0]!.vector, plan.slots[2]!.vector, plan.vectorBytes),
  unsignZeros: ({ memory: { kernels, plan } }) => kernels.unsignZeros(plan.slots[0]!.vector, plan.vectorBytes),
  allFinite: ({ memory: { kernels, plan } }) => kernels.allFinite(plan.slots[0]!.vector, plan.vectorBytes),
};

/** The parameters with hidden biases so high that hardly an output is 0. */
function active({ layers }: Layout, parameters: Float32Array): Float32Array {
  const raised = parameters.slice();
  for (const { inputs, outputs, canonicalOffset } of layers.slice(0, -1)) {
    const biases = canonicalOffset + inputs * outputs;
    raised.fill(3, biases, biases + outputs);
  }
  return raised;
}

function addressOf(round: number): StepAddress {
  return { epoch: round, step: round, stepInEpoch: round % 2 };
}

/** The root's two children; of a single shard the root itself. */
function halves(shards: number): BlockAddress[] {
  if (shards === 1) return [{ level: 0, index: 0 }];
  return [0, 1].map((index) => ({ level: rootLevel(shards) - 1, index }));
}

function numbers(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i);
}
