// Where everything of a run lies in the one memory that all threads share: a pure function of the run's shape. The memory
// is laid out once and never grows, since other threads' views would keep the old length.
// The records are those of assembly/structs.ts, word for word.

import type { SplitName } from '../engine.ts';
import { LockstepError } from '../errors.ts';
import type { Layout } from '../model/layout.ts';
import { rootLevel } from '../tree.ts';
import { REDUCE_BYTES, ROW_GROUPS } from './kernels.ts';

export interface RunShape {
  readonly layout: Layout;
  readonly rows: number;
  readonly columns: number;
  readonly batchSize: number;
  readonly shards: number;
  readonly seed: number;
  readonly augment: boolean;
  /** Images in the training file and in the test file. */
  readonly trainImages: number;
  readonly testImages: number;
  /** Samples of the training and of the validation split. */
  readonly trainingCount: number;
  readonly validationCount: number;
  /** Computing threads, each with a scratch of its own. */
  readonly workers: number;
  /** Tree nodes that may stand in memory at once. */
  readonly slots: number;
  /** Whether an evaluation of the test split also leaves the prediction and the probabilities of each image. */
  readonly outcomes?: boolean;
  /** Whether workers keep samples as matrices, and trees of whole nodes: for engines other than the kernels. */
  readonly dense?: boolean;
}

/** A pair of buffers: step s reads buffer s % 2 and writes the other. */
export type Pair = readonly [number, number];

/** What a worker of another engine than the kernels works on; all addresses. */
export interface DenseScratch {
  /** A shard's samples, or a part's: rows of float32; and a label (u8) for each. */
  readonly samples: number;
  readonly labels: number;
  /** A node's vector for each level of the tree below the root. */
  readonly temporaries: readonly number[];
}

export interface MemoryPlan {
  /** What the plan was made for. */
  readonly shape: RunShape;
  readonly bytes: number;
  /** Bytes of a parameter or gradient vector. */
  readonly vectorBytes: number;
  readonly firstLayer: { readonly inputs: number; readonly stride: number };
  readonly runRecord: number;
  /** The word of the Run record that holds the address of the current epoch's order. */
  readonly orderWord: number;
  /** CONTROL_WORDS words, and one word for each task of a phase, for the threads' protocol. */
  readonly control: number;
  readonly tasks: number;
  readonly taskCount: number;
  readonly images: number;
  readonly labels: number;
  readonly testImages: number;
  readonly testLabels: number;
  readonly validationNumbers: number;
  /** Order of an even and of an odd epoch. */
  readonly orders: Pair;
  readonly parameters: Pair;
  readonly firstMoments: Pair;
  readonly secondMoments: Pair;
  readonly partials: Pair;
  /** A vector and 16 bytes of sums for each tree node. */
  readonly slots: readonly { readonly vector: number; readonly sums: number }[];
  /** 16 bytes of sums for each part of an evaluation. */
  readonly partSums: number;
  /** For each test image the predicted class (int32) and the probability of each class (float32); 0 = not kept. */
  readonly outcomes: number;
  /** STEP_RING records of STEP_BYTES. */
  readonly steps: number;
  /** For each worker: its Scratch record, its Adam record, what a dense engine needs, and its tally (WORKER_TALLY) on a
   *  cache line of its own. */
  readonly workers: readonly {
    readonly scratch: number;
    readonly adam: number;
    readonly dense: DenseScratch | null;
    readonly tally: number;
  }[];
  /** The blocks of a compute phase: (level, index, slot) words each; and the nodes of an update: (address,
   *  level, address of the sums, 0) words each. */
  readonly blocks: number;
  readonly treeNodes: number;
  /** What to write into fresh memory: words at addresses. */
  readonly records: readonly { readonly address: number; readonly words: readonly number[] }[];
}

export const CONTROL_WORDS = 256;
/** Samples of an evaluation that one worker takes at a time: fixed, since their losses are summed part by part. */
export const PART_SAMPLES = 256;
/** Steps whose scalars and sums stand in memory: how far the threads may run ahead of the coordinator. */
export const STEP_RING = 256;
export const STEP_BYTES = 128;
export const ADAM_BYTES = 128;
/** Float64 numbers in which a worker adds up what it did, for whoever watches; only that worker writes them. */
export const WORKER_TALLY = { computeMs: 0, updateMs: 1, waitMs: 2, shards: 3, samples: 4 } as const;
const TALLY_BYTES = 64;

// Place of `order` among the words of the Run record.
const ORDER_WORD = 12;

// Samples of a pass: many make few passes, few keep the lists in the second-level cache. No bit depends on it.
const PASS_SAMPLES = 128;
const PASS_LIST_BYTES = 8 * 2 ** 20;
export const PAGE_BYTES = 65536;
const MEMORY_BYTES = 65536 * PAGE_BYTES;

export function partsOf(samples: number): number {
  return Math.ceil(samples / PART_SAMPLES);
}

/** Samples of a split that is evaluated. */
export function samplesOf({ testImages, validationCount }: RunShape, split: SplitName): number {
  return split === 'test' ? testImages : validationCount;
}

/** Lays out a run from byte `base` on (the end of the kernels' constants). Throws when it does not fit into 4 GiB. */
export function planMemory(shape: RunShape, base: number): MemoryPlan {
  const { layout, shards } = shape;
  let end = base;
  // a cache line each, so that threads do not fight for a line that they do not share
  const take = (bytes: number): number => {
    const address = Math.ceil(end / 64) * 64;
    end = address + bytes;
    return address;
  };
  const records: { address: number; words: readonly number[] }[] = [];
  const record = (words: readonly number[]): number => {
    const address = take(words.length * 4);
    records.push({ address, words });
    return address;
  };

  const pixels = shape.rows * shape.columns;
  const vectorBytes = layout.size * 4;
  const pair = (bytes: number): Pair => [take(bytes), take(bytes)];
  const images = take(shape.trainImages * pixels);
  const labels = take(shape.trainImages);
  const testImages = take(shape.testImages * pixels);
  const testLabels = take(shape.testImages);
  const validationNumbers = take(shape.validationCount * 4);
  const orders = pair(shape.trainingCount * 4);
  const parameters = pair(vectorBytes);
  const firstMoments = pair(vectorBytes);
  const secondMoments = pair(vectorBytes);
  const first = layout.layers[0]!;
  const partials = pair(ROW_GROUPS * first.stride * 4);
  const slots = Array.from({ length: shape.slots }, () => ({ vector: take(vectorBytes), sums: take(16) }));
  const parts = Math.max(partsOf(shape.validationCount), partsOf(shape.testImages));
  const taskCount = Math.max(shards, ROW_GROUPS + 1, parts);
  const partSums = take(parts * 16);
  const outcomes = shape.outcomes ? take(shape.testImages * 4 * (layout.layers.at(-1)!.outputs + 1)) : 0;
  const control = take(CONTROL_WORDS * 4);
  const tasks = take(taskCount * 4);
  const steps = take(STEP_RING * STEP_BYTES);

  const layers = record(layout.layers.flatMap((l) => [l.inputs, l.outputs, l.stride * 4, l.offset * 4]));
  const passSize = Math.min(PASS_SAMPLES, Math.max(1, Math.floor(PASS_LIST_BYTES / ((first.inputs + 1) * 8))));
  const runRecord = record([
    layout.layers.length,
    shape.rows,
    shape.columns,
    vectorBytes,
    shape.batchSize,
    shards,
    shape.trainingCount,
    shape.seed >>> 0,
    Math.floor(shape.seed / 2 ** 32),
    shape.augment ? 1 : 0,
    images,
    labels,
    orders[0],
    layers,
    passSize,
  ]);

  const longestRow = Math.max(...layout.layers.map((l) => l.stride)) * 4;
  const temporaryCount = shape.batchSize > passSize ? rootLevel(shards) : 0;
  const scratch = (): number => {
    const layerScratch = record(
      layout.layers.flatMap((l) => [
        take(l.inputs * 4),
        take(l.inputs * 4),
        0,
        take(passSize * l.stride * 4),
        take((l.inputs + 1) * 4),
        take((l.inputs + 1) * passSize * 8),
      ]),
    );
    return record([
      layerScratch,
      take(longestRow),
      take(first.stride * 4),
      take(shards * 8),
      take(layout.layers.length * shards * 4),
      take(shards * longestRow),
      take(temporaryCount * vectorBytes),
      take(32 * REDUCE_BYTES),
      take(32 * 8),
      0,
      0,
    ]);
  };
  const denseRows = Math.max(PART_SAMPLES, Math.ceil(shape.batchSize / shards));
  const dense = (): DenseScratch => ({
    samples: take(denseRows * pixels * 4),
    labels: take(denseRows),
    temporaries: Array.from({ length: rootLevel(shards) }, () => take(vectorBytes)),
  });
  const workers = Array.from({ length: shape.workers }, () => ({
    scratch: scratch(),
    adam: take(ADAM_BYTES),
    dense: shape.dense ? dense() : null,
    tally: take(TALLY_BYTES),
  }));
  const blocks = take(shards * 12);
  const treeNodes = take(shape.slots * 16);
  if (end > MEMORY_BYTES) {
    // an image takes its pixels, its label, and a place in both orders
    const fitting = shape.trainImages - Math.ceil((end - MEMORY_BYTES) / (pixels + 1 + 8));
    const images =
      fitting > 0
        ? `fewer images (about ${fitting} of these ${shape.trainImages} would fit; --limit-train does not shorten the file)`
        : 'smaller images';
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_TOO_LARGE',
      what: `The run does not fit into memory`,
      why: `it needs ${(end / 2 ** 30).toFixed(2)} GiB, and the kernels address 4 GiB at the most`,
      mend: `Use ${images}, narrower layers (--hidden), or fewer --threads and --shards`,
    });
  }
  return {
    shape,
    bytes: end,
    vectorBytes,
    firstLayer: { inputs: first.inputs, stride: first.stride },
    runRecord,
    orderWord: runRecord / 4 + ORDER_WORD,
    control,
    tasks,
    taskCount,
    images,
    labels,
    testImages,
    testLabels,
    validationNumbers,
    orders,
    parameters,
    firstMoments,
    secondMoments,
    partials,
    slots,
    partSums,
    outcomes,
    steps,
    workers,
    blocks,
    treeNodes,
    records,
  };
}

/** Fresh memory of the plan's size, its records written. `shared` needs the kernels' shared build. */
export function layMemory(plan: MemoryPlan, shared: boolean): WebAssembly.Memory {
  const pages = pagesOf(plan);
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory(shared ? { initial: pages, maximum: pages, shared } : { initial: pages });
  } catch (cause) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_NO_MEMORY',
      what: `${(plan.bytes / 2 ** 20).toFixed(0)} MiB of memory cannot be had`,
      why: 'the system refused them',
      mend: 'Use a smaller data set, narrower layers (--hidden) or fewer --threads, or free some memory.',
      cause,
    });
  }
  writeRecords(plan, memory);
  return memory;
}

/** Pages of 64 KiB. */
export function pagesOf(plan: MemoryPlan): number {
  return Math.ceil(plan.bytes / PAGE_BYTES);
}

export function writeRecords(plan: MemoryPlan, memory: WebAssembly.Memory): void {
  const words = new Uint32Array(memory.buffer);
  for (const { address, words: values } of plan.records) words.set(values, address / 4);
}
