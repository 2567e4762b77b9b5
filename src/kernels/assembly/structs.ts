// The records that TypeScript writes into memory, and the sizes that it plans with: src/kernels/memory-records.ts names the
// fields by their offsets, and a test compares them. All addresses are byte addresses in the one memory; all are aligned to
// 16 bytes.

/** How many groups the rows of the first layer are summed in: fixed, so that the sum does not depend on who adds. */
export const ROW_GROUPS: i32 = 16;

/** How many groups all other rows make: the first layer's bias, and the other layers'. No bit depends on it. */
export const REST_GROUPS: i32 = 4;

/** Samples that are worked on together: their inputs lie side by side, a row's in one vector of bytes. */
export const TILE: i32 = 16;

/** Marks a sample of an order that is skipped (src/data/sampler.ts). */
export const SKIPPED: u32 = 0x80000000;

/** Whether this is the build for wide vectors (kernels/build.mjs): V8 makes one of 256 bits of two neighbours. */
// @ts-expect-error: the build says it
export const WIDE: bool = isDefined(WIDE_VECTORS);

/**
 * Bytes of a row that stay in registers while its terms are added: seven vectors, since with more V8 runs out of registers and
 * keeps sums on the stack; where two of them become one, eight (kernels.mjs of test/bench times it). No bit depends on it.
 */
export const COLUMNS_BYTES: i32 = WIDE ? 128 : 112;

/** Bytes of weights that serve all samples backwards before the next ones do: some of the second-level cache. */
export const SHARED_BYTES: i32 = 131072;
/** Rows from so many bytes on are long: a layer's weights fit no first-level cache (blocked.ts). */
export const LONG_ROW_BYTES: i32 = 1024;

/** From so many tenths of inputs that are not 0 on the dense kernels are the faster ones. No bit depends on it. */
export const DENSE_TENTHS: i32 = 7;

/** Bytes of a vector that are reduced and updated at a time: small enough to stay in the first-level cache. */
export const REDUCE_BYTES: i32 = 2048;

/** Four sums of 64 bits: the hash of a part of a vector (hash.ts). */
export const HASH_BYTES: i32 = 32;

/** Bytes of a vector after which the keys of its hash begin again, under another mask. */
export const HASH_KEY_BYTES: i32 = 4096;

/** Bytes of each half of a row's list of entries (Scratch.entries): for passes of at most 64 tiles. */
export const ENTRY_BYTES: i32 = 4544;

/** Bytes of a step of a row's sum: where its entries end, where the addresses of the rows that it merges end, and where it goes. */
export const STEP_BYTES: usize = 12;

/** One fully connected layer: `inputs` rows of `stride` float32, then the bias as one more row. */
@unmanaged
export class Layer {
  inputs: i32;
  outputs: i32;
  /** Bytes of a row. */
  stride: i32;
  /** Byte offset of the layer in a parameter or gradient vector. */
  offset: i32;
}

/** What holds for a whole run. */
@unmanaged
export class Run {
  layerCount: i32;
  rows: i32;
  columns: i32;
  /** Bytes of a parameter or gradient vector. */
  vectorBytes: i32;
  batchSize: i32;
  shards: i32;
  trainingCount: i32;
  seedLow: u32;
  seedHigh: u32;
  augment: i32;
  /** Images and labels of the training file, and the order (u32 image numbers) of the current epoch. */
  images: usize;
  labels: usize;
  order: usize;
  /** Address of `layerCount` Layer records. */
  layers: usize;
  /** Tiles that each shard is cut into. */
  shardTiles: i32;
  /** Shards of a pass (a power of two), where it has whole ones. */
  passShards: i32;
  /** Passes that a shard takes, where it takes more than one; else 1. */
  shardPasses: i32;
  /** For each mask of eight lanes the numbers of those that are set, one after the other: 256 times 8 bytes. */
  compaction: usize;
  /** Tiles that go through the network together. */
  groupTiles: i32;
  /**
   * ToTensor and Normalize(mean, std) make (p / 255 - mean) / std of a pixel: p * scale - offset. Shifted by the offset, background
   * is 0.
   */
  scale: f32;
  offset: f32;
  /** The bits of a float64: images are turned by up to so many degrees to either side. */
  rotateLow: u32;
  rotateHigh: u32;
  /** By how many pixels images are padded before they are cropped. */
  padding: i32;
}

/** One worker's own working memory. Nobody else reads it. */
@unmanaged
export class Scratch {
  /** Address of `layerCount` LayerScratch records. */
  layers: usize;
  /** Outputs of one layer for each sample of a group, as float32, each as long as the longest row: sumBytes. */
  sums: usize;
  sumBytes: i32;
  /** The first layer's bias, shifted by the sum of its rows. */
  shiftedBias: usize;
  /** A group's images, each of imageBytes (augment.ts), TILE to a tile. */
  images: usize;
  /** For each sample of a group its slot in the store, and its position in the batch (i32). */
  slots: usize;
  positions: usize;
  /** A layer's inputs of a group as a dense matrix, or rows of weights that are packed; and sums of products on their way (blocked.ts, blocked-back.ts). */
  matrix: usize;
  parts: usize;
  /** Where the first pixel of an image that is to be turned stands, and bytes from one row to the next: all around it is 0. */
  canvas: usize;
  canvasBytes: i32;
  /** The list of one row: offsets of deltas (u32), and ENTRY_BYTES further on the values (f32). */
  entries: usize;
  /** The same entries on their way there: slots (u16), and ENTRY_BYTES further on pixels (u16). */
  picked: usize;
  /** What is to be done for one row, shard by shard, and the addresses of the rows that it merges (row-sums.ts). */
  steps: usize;
  merges: usize;
  /** Sums of one row, one for each shard. */
  treeStack: usize;
  /** A row of zeros, the sum of a row before the update, and the bias' gradient that is subtracted from it. */
  zeros: usize;
  rowSum: usize;
  shift: usize;
  /** Blocks of a few vectors for the reduction: 32 entries of REDUCE_BYTES. */
  reduceStack: usize;
  /** Addresses and levels of the reduction's pending nodes: 32 pairs of words. The sum of a row uses the same words. */
  reduceNodes: usize;
}

/** The same for one layer. */
@unmanaged
export class LayerScratch {
  /** For each sample of a group byte offset of the row (u32) and value (f32) of each input that is not 0; entryBytes apart. */
  entries: usize;
  entryBytes: i32;
  /** The same inputs' numbers, times four (u32); placeBytes apart. */
  places: usize;
  placeBytes: i32;
  /** How many inputs of each sample are listed (i32), and how many of them are done backwards (i32). */
  counts: usize;
  done: usize;
  /** For each sample where the entries of the block of rows at hand begin and end (u32; blocked.ts). */
  starts: usize;
  ends: usize;
}

/** What the samples of a pass leave for the sums of its rows: written tile by tile, read row by row, by whichever worker. */
@unmanaged
export class Store {
  /** Address of `layerCount` LayerStore records. */
  layers: usize;
  /** For each tile of a pass how many samples it has (i32). */
  counts: usize;
  /** For each sample of a batch its loss (f64), and whether it was predicted (i32). */
  losses: usize;
  hits: usize;
  /** A vector for each level of the tree above a pass. */
  pending: usize;
  /** Two vectors: what a shard of several passes has summed. */
  running: usize;
}

/** The same for one layer. */
@unmanaged
export class LayerStore {
  /**
   * For each sample of a pass the loss gradient with respect to the layer's outputs before ReLU; pitch bytes apart. Behind them
   * stands the sum of each tile's (row-entries.ts, tileSumSlot).
   */
  deltas: usize;
  pitch: i32;
  /** For each tile and row of the layer TILE inputs: pixels (u8) of the first layer, else float32 after ReLU. */
  inputs: usize;
}

/** What stands beside a tree node, and for a part of an evaluation. */
@unmanaged
export class Sums {
  lossSum: f64;
  correctCount: i32;
  sampleCount: i32;
}

/** A node that an update sums. */
@unmanaged
export class TreeNode {
  vector: usize;
  level: i32;
  /** Address of its Sums, which only TypeScript reads. */
  sums: usize;
}

/** What Adam needs for a step. */
@unmanaged
export class Adam {
  beta1Power: f64;
  beta2Power: f64;
  learningRate: f64;
  beta1: f64;
  beta2: f64;
  epsilon: f64;
  /** Decoupled weight decay of the step: learning rate times decay; 0 changes no bit. */
  decay: f64;
  parameters: usize;
  firstMoments: usize;
  secondMoments: usize;
  newParameters: usize;
  newFirstMoments: usize;
  newSecondMoments: usize;
  /** Samples in the global batch. */
  sampleCount: i32;
  /** 1 if the nodes' first layer is that of the shifted input. */
  shifted: i32;
  /** How many tree nodes, and where their TreeNode records stand, in shard order. */
  nodeCount: i32;
  nodes: usize;
  /** Where the sums of each slice's hash go, HASH_BYTES apart (hash.ts), and the keys; 0 = no hash. */
  hashes: usize;
  hashKeys: usize;
}
