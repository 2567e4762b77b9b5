// Where a worker's own memory lies: what it works on, what its samples leave for the rows of a gradient, and what it tells of
// itself. Pure.

import { rootLevel } from '../tree.ts';
import { REDUCE_BYTES } from './kernels.ts';
import {
  ADAM_BYTES,
  LayerScratchWord,
  LayerStoreWord,
  ScratchWord,
  StoreWord,
  TALLY_BYTES,
  wordsOf,
} from './memory-records.ts';
import { PART_SAMPLES, type RunShape } from './memory-shape.ts';
import type { Space } from './memory-space.ts';
import { LONG_ROW_BYTES, type PassGrid, TILE } from './pass-grid.ts';

/** Bytes of each half of a row's list of entries (assembly/structs.ts). */
export const ENTRY_BYTES = 4544;

/** What a worker of another engine than the kernels works on; all addresses. */
export interface DenseScratch {
  /** A shard's samples, or a part's: rows of float32, a 1 at the end of each; and a label (u8) for each. */
  readonly samples: number;
  readonly labels: number;
  /** A node's vector for each level of the tree below the root. */
  readonly temporaries: readonly number[];
}

export interface WorkerPlan {
  /** Its Scratch record, its Store record, its Adam record, and its tally (TallyDouble). */
  readonly scratch: number;
  /** What each build of the kernels lays out in its own way, by the columns that it takes at a time: read by nobody but the task itself. */
  readonly ofBuild: readonly { readonly at: number; readonly bytes: number }[];
  readonly store: number;
  readonly adam: number;
  readonly dense: DenseScratch | null;
  readonly tally: number;
}

/** Bytes from one row to the next: rows of whole half KiB would all fall on the same few lines of a cache. */
function pitchOf(rowBytes: number): number {
  return rowBytes % 512 === 0 ? rowBytes + 64 : rowBytes;
}

/** For each mask of eight lanes the numbers of those that are set, a byte each, and zeros behind them. */
export function compactionWords(): number[] {
  const lanes = new Uint8Array(256 * 8);
  for (let mask = 0; mask < 256; mask++) {
    const set = [0, 1, 2, 3, 4, 5, 6, 7].filter((lane) => (mask >> lane) & 1);
    lanes.set(set, 8 * mask);
  }
  const view = new DataView(lanes.buffer);
  return Array.from({ length: lanes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}

export function planWorker(space: Space, shape: RunShape, grid: PassGrid): WorkerPlan {
  return {
    ...planScratch(space, shape, grid),
    store: planStore(space, shape, grid),
    adam: space.take(ADAM_BYTES),
    dense: shape.dense ? planDense(space, shape) : null,
    tally: space.take(TALLY_BYTES),
  };
}

function planScratch(
  space: Space,
  { layout, shards, rows, columns }: RunShape,
  { passShards, groupTiles }: PassGrid,
): Pick<WorkerPlan, 'scratch' | 'ofBuild'> {
  const { layers } = layout;
  const longestRow = Math.max(...layers.map(({ stride }) => stride)) * 4;
  const samples = groupTiles * TILE;
  const longRows = longestRow >= LONG_ROW_BYTES;
  const ofBuild: { at: number; bytes: number }[] = [];
  const taken = (bytes: number) => {
    const at = space.take(bytes);
    if (longRows) ofBuild.push({ at, bytes });
    return at;
  };
  const layerRecords = layers.flatMap(({ inputs }) => {
    // compaction writes eight entries at a time, or four, and their places
    const [entryBytes, placeBytes] = [(inputs + 8) * 8, (inputs + 4) * 4];
    return wordsOf(LayerScratchWord, {
      entries: taken(samples * entryBytes),
      entryBytes,
      places: space.take(samples * placeBytes),
      placeBytes,
      counts: space.take(samples * 4),
      done: space.take(samples * 4),
      starts: taken(samples * 4),
      ends: taken(samples * 4),
    });
  });
  const imageBytes = (rows * columns + 47) & ~15;
  const scratch = space.record(
    wordsOf(ScratchWord, {
      layers: space.record(layerRecords),
      sums: space.take(samples * longestRow),
      sumBytes: longestRow,
      shiftedBias: space.take(layers[0]!.stride * 4),
      images: space.take(samples * imageBytes),
      slots: space.take(samples * 4),
      positions: space.take(samples * 4),
      // of a dense matrix, or of 128 bytes of each row (assembly/packed.ts)
      matrix: taken(longRows ? Math.max(128, samples * 4) * Math.max(...layers.map(({ inputs }) => inputs)) : 0),
      parts: space.take(512),
      ...planCanvas(space, rows, columns),
      entries: space.take(2 * ENTRY_BYTES),
      picked: space.take(2 * ENTRY_BYTES),
      steps: space.take(passShards * 12),
      merges: space.take((2 * passShards + 32) * 4),
      treeStack: space.take(Math.max(passShards * longestRow, shards * 8)),
      // written, since memory that was used before may be laid out anew
      zeros: space.record(new Array(longestRow / 4).fill(0)),
      rowSum: space.take(longestRow),
      shift: space.take(longestRow),
      reduceStack: space.take(32 * REDUCE_BYTES),
      reduceNodes: space.take(32 * 8),
    }),
  );
  return { scratch, ofBuild };
}

/**
 * Room for an image that is turned by at most ten degrees, and moved by as much as the crop may; around it stands as much of 0 as
 * the kernels look at: assembly/augment.ts has sixteen columns and four rows at a time.
 */
function planCanvas(space: Space, rows: number, columns: number): { canvas: number; canvasBytes: number } {
  // beyond a side an image reaches by less than the sine of ten degrees times half of the other side, and a pixel
  const [beside, beyond] = [Math.ceil(rows / 8) + 4, Math.ceil(columns / 8) + 8];
  // what stands on the right of a row stands on the left of the next one
  const canvasBytes = (columns + beside + 16 + 15) & ~15;
  const words = new Array(((rows + 2 * beyond) * canvasBytes) / 4).fill(0);
  return { canvas: space.record(words) + beyond * canvasBytes, canvasBytes };
}

function planStore(space: Space, { layout, shards, batchSize }: RunShape, grid: PassGrid): number {
  const { layers, size } = layout;
  const { passTiles, passShards, shardPasses } = grid;
  const layerRecords = layers.flatMap(({ inputs, stride }, l) => {
    const pitch = pitchOf(stride * 4);
    return wordsOf(LayerStoreWord, {
      deltas: space.take(passTiles * (TILE + 1) * pitch),
      pitch,
      inputs: space.take(passTiles * TILE * inputs * (l === 0 ? 1 : 4)),
    });
  });
  return space.record(
    wordsOf(StoreWord, {
      layers: space.record(layerRecords),
      counts: space.take(passTiles * 4),
      losses: space.take(batchSize * 8),
      hits: space.take(batchSize * 4),
      pending: space.take(rootLevel(shards / passShards) * size * 4),
      running: space.take(shardPasses > 1 ? 2 * size * 4 : 0),
    }),
  );
}

function planDense(space: Space, { layout, rows, columns, shards, batchSize }: RunShape): DenseScratch {
  const samples = Math.max(PART_SAMPLES, Math.ceil(batchSize / shards));
  return {
    samples: space.take(samples * (rows * columns + 1) * 4),
    labels: space.take(samples),
    temporaries: Array.from({ length: rootLevel(shards) }, () => space.take(layout.size * 4)),
  };
}
