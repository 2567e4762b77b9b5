// Where everything of a run lies in the one memory that all threads share: a pure function of the run's shape. The memory
// is laid out once and never grows, since other threads' views would keep the old length.
// It makes no memory (lay-memory.ts), and knows no words of records but by name (memory-records.ts).

import { reportAugmentation } from '../data/augmentation.ts';
import { LockstepError } from '../errors.ts';
import { type Normalization, pixelMapOf, reportNormalization } from '../model/normalization.ts';
import { hashKeyWords, STEP_HASH_BYTES } from './hash-keys.ts';
import { REST_GROUPS, ROW_GROUPS } from './kernels.ts';
import { BLOCK_WORDS, LayerWord, RunWord, STEP_BYTES, SUMS_BYTES, TREE_NODE_WORDS, wordsOf } from './memory-records.ts';
import { partsOf, type RunShape } from './memory-shape.ts';
import { type Pair, Space } from './memory-space.ts';
import { type PassGrid, passGridOf } from './pass-grid.ts';
import { compactionWords, planWorker, type WorkerPlan } from './worker-plan.ts';

export interface MemoryPlan {
  /** What the plan was made for. */
  readonly shape: RunShape;
  readonly grid: PassGrid;
  readonly bytes: number;
  /** Bytes of a parameter or gradient vector. */
  readonly vectorBytes: number;
  readonly firstLayer: { readonly inputs: number; readonly stride: number };
  readonly runRecord: number;
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
  /** A vector and a Sums record for each tree node. */
  readonly slots: readonly { readonly vector: number; readonly sums: number }[];
  /** A Sums record for each part of an evaluation. */
  readonly partSums: number;
  /** For each test image the predicted class (int32) and the probability of each class (float32); 0 = not kept. */
  readonly outcomes: number;
  /** STEP_RING records of STEP_BYTES. */
  readonly steps: number;
  /** STEP_RING times the sums of a step's hash (parameter-hash.ts), and its keys. */
  readonly hashes: number;
  readonly hashKeys: number;
  /** Sums of a whole vector's hash, and where a hash is put together; of the coordinator's thread alone. */
  readonly wholeHash: number;
  readonly hash: number;
  readonly workers: readonly WorkerPlan[];
  /** Lists of records: the blocks of a compute phase, and the nodes of an update. */
  readonly blocks: number;
  readonly treeNodes: number;
  /** What to write into fresh memory: words at addresses. */
  readonly records: readonly { readonly address: number; readonly words: readonly number[] }[];
}

const CONTROL_WORDS = 320;
/** Steps whose scalars and sums stand in memory: how far the threads may run ahead of the coordinator. */
export const STEP_RING = 256;

export const PAGE_BYTES = 65536;
const MEMORY_BYTES = 65536 * PAGE_BYTES;

/** Lays out a run from byte `base` on (the end of the kernels' constants). Throws when it does not fit into 4 GiB. */
export function planMemory(shape: RunShape, base: number): MemoryPlan {
  const space = new Space(base);
  const { layers, size } = shape.layout;
  const first = layers[0]!;
  const vectorBytes = size * 4;
  const data = planData(space, shape);
  const parameters = space.pair(vectorBytes);
  const firstMoments = space.pair(vectorBytes);
  const secondMoments = space.pair(vectorBytes);
  const partials = space.pair(ROW_GROUPS * first.stride * 4);
  const slots = Array.from({ length: shape.slots }, () => ({
    vector: space.take(vectorBytes),
    sums: space.take(SUMS_BYTES),
  }));
  const grid = passGridOf(shape.batchSize, shape.shards, shape.layout, shape.workers);
  const parts = Math.max(partsOf(shape.validationCount), partsOf(shape.testImages));
  const taskCount = Math.max(shape.shards, grid.passGroups, ROW_GROUPS + REST_GROUPS, parts);
  const partSums = space.take(parts * SUMS_BYTES);
  const outcomes = shape.outcomes ? space.take(shape.testImages * 4 * (layers.at(-1)!.outputs + 1)) : 0;
  const control = space.take(CONTROL_WORDS * 4);
  const tasks = space.take(taskCount * 4);
  const steps = space.take(STEP_RING * STEP_BYTES);
  const hashes = space.take(STEP_RING * STEP_HASH_BYTES);
  const hashKeys = space.record(hashKeyWords());
  const wholeHash = space.take(STEP_HASH_BYTES);
  const hash = space.take(16);
  const runRecord = planRunRecord(space, shape, data, grid);
  const workers = Array.from({ length: shape.workers }, () => planWorker(space, shape, grid));
  const blocks = space.take(shape.shards * BLOCK_WORDS * 4);
  const treeNodes = space.take(shape.slots * TREE_NODE_WORDS * 4);
  if (space.end > MEMORY_BYTES) throw doesNotFit(shape, space.end);
  return {
    ...data,
    shape,
    grid,
    bytes: space.end,
    vectorBytes,
    firstLayer: { inputs: first.inputs, stride: first.stride },
    runRecord,
    control,
    tasks,
    taskCount,
    parameters,
    firstMoments,
    secondMoments,
    partials,
    slots,
    partSums,
    outcomes,
    steps,
    hashes,
    hashKeys,
    wholeHash,
    hash,
    workers,
    blocks,
    treeNodes,
    records: space.records,
  };
}

type DataPlan = Pick<MemoryPlan, 'images' | 'labels' | 'testImages' | 'testLabels' | 'validationNumbers' | 'orders'>;

function planData(space: Space, shape: RunShape): DataPlan {
  const pixels = shape.rows * shape.columns;
  return {
    images: space.take(shape.trainImages * pixels),
    labels: space.take(shape.trainImages),
    testImages: space.take(shape.testImages * pixels),
    testLabels: space.take(shape.testImages),
    validationNumbers: space.take(shape.validationCount * 4),
    orders: space.pair(shape.trainingCount * 4),
  };
}

function planRunRecord(space: Space, shape: RunShape, data: DataPlan, grid: PassGrid): number {
  const { layers, size } = shape.layout;
  const { rotate, crop } = shape.augmentation ?? reportAugmentation;
  const [rotateLow, rotateHigh] = doubleWords(rotate);
  const layerRecords = layers.flatMap(({ inputs, outputs, stride, offset }) =>
    wordsOf(LayerWord, { inputs, outputs, stride: stride * 4, offset: offset * 4 }),
  );
  return space.record(
    wordsOf(RunWord, {
      layerCount: layers.length,
      rows: shape.rows,
      columns: shape.columns,
      vectorBytes: size * 4,
      batchSize: shape.batchSize,
      shards: shape.shards,
      trainingCount: shape.trainingCount,
      seedLow: shape.seed >>> 0,
      seedHigh: Math.floor(shape.seed / 2 ** 32),
      augment: shape.augment ? 1 : 0,
      images: data.images,
      labels: data.labels,
      order: data.orders[0],
      layers: space.record(layerRecords),
      shardTiles: grid.shardTiles,
      passShards: grid.passShards,
      shardPasses: grid.shardPasses,
      compaction: space.record(compactionWords()),
      groupTiles: grid.groupTiles,
      ...pixelMapWords(shape.normalization ?? reportNormalization),
      rotateLow,
      rotateHigh,
      padding: crop,
    }),
  );
}

/** The words of a run's record that its normalisation decides. */
export function pixelMapWords(normalization: Normalization): { readonly scale: number; readonly offset: number } {
  const { scale, offset } = pixelMapOf(normalization);
  return { scale: floatWord(scale), offset: floatWord(offset) };
}

function floatWord(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!;
}

/** The low half and the high half of a float64, whatever the byte order here. */
function doubleWords(value: number): readonly [number, number] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return [view.getUint32(4), view.getUint32(0)];
}

function doesNotFit({ rows, columns, trainImages }: RunShape, bytes: number): LockstepError {
  // an image takes its pixels, its label, and a place in both orders
  const fitting = trainImages - Math.ceil((bytes - MEMORY_BYTES) / (rows * columns + 1 + 8));
  const images =
    fitting > 0
      ? `fewer images (about ${fitting} of these ${trainImages} would fit; --limit-train does not shorten the file)`
      : 'smaller images';
  return new LockstepError({
    code: 'ERR_LOCKSTEP_TOO_LARGE',
    what: `The run does not fit into memory`,
    why: `it needs ${(bytes / 2 ** 30).toFixed(2)} GiB, and the kernels address 4 GiB at the most`,
    mend: `Use ${images}, narrower layers (--hidden), or fewer --threads and --shards`,
  });
}
