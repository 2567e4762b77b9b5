// The records that TypeScript writes into memory, and the sizes that it plans with: src/kernels/memory-records.ts names the
// fields by their offsets, and a test compares them. All addresses are byte addresses in the one memory; all are aligned to
// 16 bytes.

/** How many groups the rows of the first layer are summed in: fixed, so that the sum does not depend on who adds. */
export const ROW_GROUPS: i32 = 16;

/** Bytes of a vector that are reduced and updated at a time: small enough to stay in the first-level cache. */
export const REDUCE_BYTES: i32 = 2048;

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
  /** Samples that a pass of gradient.ts holds at once. */
  passSize: i32;
}

/** One worker's own working memory. Nobody else reads it. */
@unmanaged
export class Scratch {
  /** Address of `layerCount` LayerScratch records. */
  layers: usize;
  /** Outputs of one layer for one sample, as float32, as long as the longest row. */
  sums: usize;
  /** The first layer's bias, shifted by the sum of its rows. */
  shiftedBias: usize;
  /** Loss of each shard of a block (float64), and the end of each (byte offset of its first foreign sample). */
  shardLoss: usize;
  shardEnd: usize;
  /** Sums of one row, one for each shard. */
  treeStack: usize;
  /** One whole vector for each level of the tree, for blocks of more than passSize samples. */
  temporaries: usize;
  /** Blocks of a few vectors for the reduction: 32 entries of REDUCE_BYTES. */
  reduceStack: usize;
  /** Addresses and levels of the reduction's pending nodes: 32 pairs of words. The sum of a row uses the same words. */
  reduceNodes: usize;
  correctCount: i32;
}

/** The same for one layer. */
@unmanaged
export class LayerScratch {
  /** The one sample at hand: numbers (u32) and values (f32) of the inputs that are not 0. */
  numbers: usize;
  values: usize;
  count: i32;
  /** passSize rows of loss gradients with respect to the layer's outputs before ReLU. */
  deltas: usize;
  /** For each row of the layer: how many samples of the pass touch it, and (delta byte offset, value) of each. */
  rowCounts: usize;
  rowEntries: usize;
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
}
