// The records in a run's memory, as names of their words: what the kernels read is assembly/structs.ts, field by field (a
// test compares them); the rest only TypeScript reads. It knows no addresses: where the records stand is memory-plan.ts.
//
// An offset counts from the record's start: float64 numbers in a `...Double`, words of 32 bits in a `...Word`.

/** Run: what holds for a whole run. */
export const RunWord = {
  layerCount: 0,
  rows: 1,
  columns: 2,
  vectorBytes: 3,
  batchSize: 4,
  shards: 5,
  trainingCount: 6,
  seedLow: 7,
  seedHigh: 8,
  augment: 9,
  images: 10,
  labels: 11,
  /** Address of the current epoch's order. */
  order: 12,
  layers: 13,
  shardTiles: 14,
  passShards: 15,
  shardPasses: 16,
  compaction: 17,
  groupTiles: 18,
  /** Float32 numbers, as their bits. */
  scale: 19,
  offset: 20,
  /** The two halves of a float64. */
  rotateLow: 21,
  rotateHigh: 22,
  padding: 23,
} as const;

/** Layer: one after the other, at Run's `layers`. Stride and offset are bytes. */
export const LayerWord = { inputs: 0, outputs: 1, stride: 2, offset: 3 } as const;

/** Scratch: one worker's own. */
export const ScratchWord = {
  layers: 0,
  sums: 1,
  sumBytes: 2,
  shiftedBias: 3,
  images: 4,
  slots: 5,
  positions: 6,
  matrix: 7,
  parts: 8,
  canvas: 9,
  canvasBytes: 10,
  entries: 11,
  picked: 12,
  steps: 13,
  merges: 14,
  treeStack: 15,
  zeros: 16,
  rowSum: 17,
  shift: 18,
  reduceStack: 19,
  reduceNodes: 20,
} as const;

/** LayerScratch: one after the other, at Scratch's `layers`. */
export const LayerScratchWord = {
  entries: 0,
  entryBytes: 1,
  places: 2,
  placeBytes: 3,
  counts: 4,
  done: 5,
  starts: 6,
  ends: 7,
} as const;

/** Store: what a pass's samples leave for its rows. */
export const StoreWord = { layers: 0, counts: 1, losses: 2, hits: 3, pending: 4, running: 5 } as const;

/** LayerStore: one after the other, at Store's `layers`. */
export const LayerStoreWord = { deltas: 0, pitch: 1, inputs: 2 } as const;

/** Adam: one for each worker, written for each slice; first numbers, then words. */
export const AdamDouble = {
  beta1Power: 0,
  beta2Power: 1,
  learningRate: 2,
  beta1: 3,
  beta2: 4,
  epsilon: 5,
  decay: 6,
} as const;
export const AdamWord = {
  parameters: 14,
  firstMoments: 15,
  secondMoments: 16,
  newParameters: 17,
  newFirstMoments: 18,
  newSecondMoments: 19,
  sampleCount: 20,
  shifted: 21,
  nodeCount: 22,
  nodes: 23,
  hashes: 24,
  hashKeys: 25,
} as const;
export const ADAM_BYTES = 104;

/** Sums: beside each tree node, and for each part of an evaluation. */
export const SumsDouble = { lossSum: 0 } as const;
export const SumsWord = { correctCount: 2, sampleCount: 3 } as const;
export const SUMS_BYTES = 16;

/** TreeNode: the nodes that an update sums, in shard order. */
export const TreeNodeWord = { vector: 0, level: 1, sums: 2 } as const;
export const TREE_NODE_WORDS = 3;

/** The blocks of a compute phase, and the slot that each one's node goes to. */
export const BlockWord = { level: 0, index: 1, slot: 2 } as const;
export const BLOCK_WORDS = 3;

/** A step's scalars, sums and times, in a ring (memory-plan.ts, STEP_RING). */
export const StepDouble = {
  learningRate: 0,
  beta1Power: 1,
  beta2Power: 2,
  lossSum: 3,
  correctCount: 4,
  sampleCount: 5,
  /** When the step's gradients were there, and when it was committed: milliseconds of the machine's clock, 0 = not noted. */
  computedMs: 6,
  endMs: 7,
  /** Learning rate times weight decay. */
  decay: 8,
} as const;
/** Two cache lines, of which a step shares none with the next. */
export const STEP_BYTES = 128;

/** What a worker adds up of what it did, for whoever watches; only that worker writes it. */
export const TallyDouble = {
  computeMs: 0,
  updateMs: 1,
  waitMs: 2,
  shards: 3,
  samples: 4,
  restMs: 5,
  checks: 6,
} as const;
export const TALLY_BYTES = 64;

/** The words of a record in which each name has its value. */
export function wordsOf<Names extends Readonly<Record<string, number>>>(
  names: Names,
  values: { readonly [Name in keyof Names]: number },
): number[] {
  const words: number[] = [];
  for (const name in names) words[names[name]!] = values[name];
  return words;
}
