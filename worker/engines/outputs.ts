// What each task of an engine writes, as ranges of bytes: what has to be the same when the task is done again. Of a task that may be
// done again, nothing else is read afterwards. Pure.

import { batchSamples, shardStart } from '../../src/data/sampler.ts';
import type { SplitName, StepAddress } from '../../src/engine.ts';
import { HASH_BYTES, REST_GROUPS, ROW_GROUPS } from '../../src/kernels/kernels.ts';
import { LayerStoreWord, StoreWord, SUMS_BYTES } from '../../src/kernels/memory-records.ts';
import { PART_SAMPLES, samplesOf } from '../../src/kernels/memory-shape.ts';
import { hashesOf } from '../../src/kernels/parameter-hash.ts';
import { passAt, TILE } from '../../src/kernels/pass-grid.ts';
import { bufferOf, type RunMemory } from '../../src/kernels/run-memory.ts';

const LAYER_STORE_WORDS = Object.keys(LayerStoreWord).length;

export interface Range {
  readonly at: number;
  readonly bytes: number;
}

export function outputsOfBlock({ plan }: RunMemory, slot: number): Range[] {
  const { vector, sums } = plan.slots[slot]!;
  return [
    { at: vector, bytes: plan.vectorBytes },
    { at: sums, bytes: SUMS_BYTES },
  ];
}

export function outputsOfPart({ plan }: RunMemory, split: SplitName, part: number): Range[] {
  const { shape, partSums, outcomes } = plan;
  const sums = { at: partSums + part * SUMS_BYTES, bytes: SUMS_BYTES };
  if (split !== 'test' || outcomes === 0) return [sums];
  const each = 4 * (shape.layout.layers.at(-1)!.outputs + 1);
  const first = part * PART_SAMPLES;
  const count = Math.min(PART_SAMPLES, samplesOf(shape, split) - first);
  return [sums, { at: outcomes + first * each, bytes: count * each }];
}

/** Of slice `slice` of a commit by tree nodes; the last one is all rows but the first layer's inputs. */
export function outputsOfUpdate(memory: RunMemory, step: number, slice: number): Range[] {
  const { plan } = memory;
  const { inputs, stride } = plan.firstLayer;
  const rest = 4 * inputs * stride;
  const rows = slice < ROW_GROUPS ? groupRows(memory, slice) : { at: rest, bytes: plan.vectorBytes - rest };
  // the sums of a hash that only a pass has as well are set to 0 by the last one
  return committed(memory, step, slice, rows, slice < ROW_GROUPS ? 1 : REST_GROUPS);
}

/** Of slice `slice` of a pass of a shared step. */
export function outputsOfSlice(memory: RunMemory, step: number, pass: number, slice: number): Range[] {
  const { plan, words } = memory;
  const rows = rowsOfSlice(memory, slice);
  const { to } = passAt(plan.grid, plan.shape.shards, pass);
  if (to === 'node') return committed(memory, step, slice, rows, 1);
  const store = plan.workers[0]!.store / 4;
  const vectors = words[store + ('running' in to ? StoreWord.running : StoreWord.pending)]! >>> 0;
  const vector = vectors + ('running' in to ? to.running : to.pending) * plan.vectorBytes;
  return [{ at: vector + rows.at, bytes: rows.bytes }];
}

/** Of group `group` of the tiles of a pass of a shared step, which has samples. */
export function outputsOfTiles(memory: RunMemory, at: StepAddress, pass: number, group: number): Range[] {
  const { grid, shape } = memory.plan;
  const { shards, firstTile, endTile } = passAt(grid, shape.shards, pass);
  const first = group * grid.groupTiles;
  const end = Math.min(first + grid.groupTiles, shards * (endTile - firstTile));
  return Array.from({ length: end - first }, (_, i) => outputsOfTile(memory, at, pass, first + i)).flat();
}

function outputsOfTile(memory: RunMemory, { stepInEpoch }: StepAddress, pass: number, tile: number): Range[] {
  const { plan, words } = memory;
  const { grid, shape } = plan;
  const { firstShard, firstTile, endTile } = passAt(grid, shape.shards, pass);
  const tiles = endTile - firstTile;
  const shard = firstShard + Math.floor(tile / tiles);
  const ofShard = firstTile + (tile % tiles);
  const batch = batchSamples(stepInEpoch, shape.batchSize, shape.trainingCount);
  const [start, end] = [shardStart(batch, shape.shards, shard), shardStart(batch, shape.shards, shard + 1)];
  const first = start + shardStart(end - start, grid.shardTiles, ofShard);
  const count = start + shardStart(end - start, grid.shardTiles, ofShard + 1) - first;
  const store = plan.workers[0]!.store / 4;
  const word = (name: number) => words[store + name]! >>> 0;
  // less than it has places where samples are skipped
  const lanes = words[word(StoreWord.counts) / 4 + tile]!;
  const layers = shape.layout.layers.flatMap(({ inputs, stride }, l) => {
    const record = word(StoreWord.layers) / 4 + LAYER_STORE_WORDS * l;
    const inputBytes = TILE * inputs * (l === 0 ? 1 : 4);
    const pitch = words[record + LayerStoreWord.pitch]!;
    const deltas = (words[record + LayerStoreWord.deltas]! >>> 0) + tile * TILE * pitch;
    // where a shard is one tile, the sum of the tile's deltas stands behind those of all samples
    const sum = deltas + (TILE * grid.passShards - tile * (TILE - 1)) * pitch;
    return [
      ...Array.from({ length: lanes }, (_, i) => ({ at: deltas + i * pitch, bytes: stride * 4 })),
      ...(l === 0 && grid.shardTiles === 1 ? [{ at: sum, bytes: stride * 4 }] : []),
      { at: (words[record + LayerStoreWord.inputs]! >>> 0) + tile * inputBytes, bytes: inputBytes },
    ];
  });
  return [
    ...layers,
    { at: word(StoreWord.counts) + tile * 4, bytes: 4 },
    { at: word(StoreWord.losses) + first * 8, bytes: count * 8 },
    { at: word(StoreWord.hits) + first * 4, bytes: count * 4 },
  ];
}

/** Rows of a vector: new parameters, new moments, sums of `hashes` slices' hash, and of a group of the first layer's rows. */
function committed({ plan }: RunMemory, step: number, slice: number, rows: Range, hashes: number): Range[] {
  const { parameters, firstMoments, secondMoments, partials, firstLayer } = plan;
  const vectors = [parameters, firstMoments, secondMoments].map((pair) => ({
    at: bufferOf(pair, step + 1) + rows.at,
    bytes: rows.bytes,
  }));
  vectors.push({ at: hashesOf(plan, step) + slice * HASH_BYTES, bytes: hashes * HASH_BYTES });
  if (slice >= ROW_GROUPS) return vectors;
  const bytes = 4 * firstLayer.stride;
  return [...vectors, { at: bufferOf(partials, step + 1) + slice * bytes, bytes }];
}

/** The rows of a slice of a pass, within a vector: a group of the first layer's inputs, or of all other rows. */
export function rowsOfSlice(memory: RunMemory, slice: number): Range {
  return slice < ROW_GROUPS ? groupRows(memory, slice) : restRows(memory, slice - ROW_GROUPS);
}

/** The rows of a group of the first layer's inputs, within a vector. */
function groupRows({ plan }: RunMemory, group: number): Range {
  const { inputs, stride } = plan.firstLayer;
  const row = (boundary: number) => 4 * stride * Math.floor((inputs * boundary) / ROW_GROUPS);
  return { at: row(group), bytes: row(group + 1) - row(group) };
}

/** The same of a group of all other rows. */
function restRows({ plan }: RunMemory, group: number): Range {
  const { layers, size } = plan.shape.layout;
  const rows = layers.flatMap(({ inputs, stride, offset }, l) =>
    Array.from({ length: inputs + 1 }, (_, row) => 4 * (offset + row * stride)).slice(l === 0 ? inputs : 0),
  );
  const at = (boundary: number) => rows[Math.floor((rows.length * boundary) / REST_GROUPS)] ?? 4 * size;
  return { at: at(group), bytes: at(group + 1) - at(group) };
}
