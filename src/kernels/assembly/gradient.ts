// From samples to the rows of a gradient, in passes that any workers share: a pass takes some tiles of samples through the
// network, and keeps their inputs and deltas (Store); then row-sums.ts makes the gradient's rows of them. A pass has whole
// shards, or a part of one; what the passes before it came to waits in vectors, one for each level of the tree.
// The bits are those of: a sum from +0 over a shard's samples in order, then the tree over shards.

import { imageBytes, listPixels } from './augment';
import { layerOf, shardStart, storeOf, sumGroup } from './inlined';
import { backward, forward } from './layers';
import { isHit, lossOf, startBackward } from './loss';
import { sumLosses } from './loss-sums';
import { tileSumSlot } from './row-entries';
import { sumRow } from './row-sums';
import { shiftBias, shiftOfRows } from './shifted-input';
import { Adam, REST_GROUPS, ROW_GROUPS, Run, Scratch, SKIPPED, Store, TILE } from './structs';
import { clearTile, sampleImage, touchImages } from './tile-samples';
import { transpose16 } from './transpose';
import { beginSlice, updateRow } from './update';
import { sumOfRows } from './vectors';

// The pass at hand, as `locate` finds it. Globals belong to the instance, and so to one thread.
let firstShard: i32 = 0;
let shardCount: i32 = 0;
/** The tiles of each of its shards, [firstTile, endTile). */
let firstTile: i32 = 0;
let endTile: i32 = 0;
/** Pending vectors that it merges in the end, and the one that takes its sum; -1: it is the last of the block. */
let mergeCount: i32 = 0;
let pendingAt: i32 = 0;
/** Which part of a shard it is, and whether it is the last one. */
let part: i32 = 0;
let endsShard: bool = true;

/** Finds pass `pass` of block (level, index). */
function locate(run: Run, level: i32, index: i32, pass: i32): void {
  const blockShards = 1 << level;
  const parts = run.shardPasses;
  const node = pass / parts;
  shardCount = min(run.passShards, blockShards);
  firstShard = (index << level) + node * shardCount;
  part = pass % parts;
  firstTile = (run.shardTiles * part) / parts;
  endTile = (run.shardTiles * (part + 1)) / parts;
  endsShard = part === parts - 1;
  mergeCount = endsShard ? ctz(~node) : 0;
  const isLast = endsShard && (node + 1) * shardCount === blockShards;
  pendingAt = isLast ? -1 : mergeCount;
}

/** Takes the tiles of group `group` of a pass through the network and back, into the store. Returns how many samples they have. */
export function computeTile(
  runAt: usize,
  scratchAt: usize,
  storeAt: usize,
  parameters: usize,
  partials: usize,
  epoch: u32,
  stepInEpoch: i32,
  level: i32,
  index: i32,
  pass: i32,
  group: i32,
): i32 {
  const run = changetype<Run>(runAt);
  const scratch = changetype<Scratch>(scratchAt);
  const kept = changetype<Store>(storeAt);
  locate(run, level, index, pass);
  const firstOf = group * run.groupTiles;
  const end = min(shardCount * (endTile - firstTile), firstOf + run.groupTiles);
  if (firstOf >= end) return 0;
  shiftBias(run, scratch, parameters, partials);
  const batchFirst = stepInEpoch * run.batchSize;
  const batchCount = min(run.batchSize, run.trainingCount - batchFirst);
  const bytes = imageBytes(run);
  let count = 0;
  for (let tile = firstOf; tile < end; tile++) {
    const images = scratch.images + (tile - firstOf) * TILE * bytes;
    count = listTile(run, scratch, kept, epoch, batchFirst, batchCount, tile, images, count);
  }
  forward(run, scratch, parameters, count, kept);
  for (let i = 0; i < count; i++) {
    const position = load<i32>(scratch.positions + (i << 2));
    const label = <i32>load<u8>(run.labels + load<u32>(run.order + ((batchFirst + position) << 2)));
    const logits = scratch.sums + i * scratch.sumBytes;
    store<f64>(kept.losses + (position << 3), lossOf(run, logits, label));
    store<i32>(kept.hits + (position << 2), isHit());
    startBackward(run, kept, logits, label, load<i32>(scratch.slots + (i << 2)));
  }
  backward(run, scratch, kept, parameters, count);
  const outermost = storeOf(kept, 0);
  const pitch = outermost.pitch;
  const inputs = layerOf(run, 0).inputs;
  for (let tile = firstOf; tile < end; tile++) {
    if (run.shardTiles === 1) {
      const slot = tile * TILE;
      const behind = slot + load<i32>(kept.counts + (tile << 2));
      sumOfRows(outermost.deltas, slot, behind, pitch, outermost.deltas + tileSumSlot(run, tile) * pitch);
    }
    const images = scratch.images + (tile - firstOf) * TILE * bytes;
    transpose16(images, bytes, inputs, outermost.inputs + tile * inputs * TILE);
  }
  return count;
}

/**
 * Lists the samples of tile `tile` of the pass as those from number `k` of their group on, but for those that are skipped: these
 * leave a loss of 0 at their place. Returns the number behind them.
 */
function listTile(
  run: Run,
  scratch: Scratch,
  kept: Store,
  epoch: u32,
  batchFirst: i32,
  batchCount: i32,
  tile: i32,
  images: usize,
  k: i32,
): i32 {
  const tiles = endTile - firstTile;
  const shard = firstShard + tile / tiles;
  const ofShard = firstTile + (tile % tiles);
  const shardFirst = shardStart(batchCount, run.shards, shard);
  const shardSize = shardStart(batchCount, run.shards, shard + 1) - shardFirst;
  const first = shardFirst + shardStart(shardSize, run.shardTiles, ofShard);
  const count = shardFirst + shardStart(shardSize, run.shardTiles, ofShard + 1) - first;
  const bytes = imageBytes(run);
  touchImages(run, batchFirst + first, count);
  let listed = 0;
  for (let position = first; position < first + count; position++) {
    const number = load<u32>(run.order + ((batchFirst + position) << 2));
    if (number & SKIPPED) {
      store<f64>(kept.losses + (position << 3), 0);
      store<i32>(kept.hits + (position << 2), 0);
      continue;
    }
    store<i32>(scratch.slots + (k << 2), tile * TILE + listed);
    store<i32>(scratch.positions + (k << 2), position);
    const image = images + listed * bytes;
    sampleImage(run, scratch, epoch, number, image);
    listPixels(run, scratch, k, image);
    listed++;
    k++;
  }
  if (listed < TILE) clearTile(run, images, kept, tile, listed);
  store<i32>(kept.counts + (tile << 2), listed);
  return k;
}

/** Row `row` of layer `l`, after `locate`: to its place in the vector that waits, or, in a block's last pass, to `target`. */
function passRow(run: Run, scratch: Scratch, kept: Store, l: i32, row: i32, target: usize): void {
  const layer = layerOf(run, l);
  const rowAt = layer.offset + row * layer.stride;
  // two that take turns, since a worker that does it again must find what it found before
  const running = kept.running + rowAt;
  const from = part === 0 ? scratch.zeros : running + ((part - 1) & 1) * run.vectorBytes;
  let to = target;
  if (!endsShard) to = running + (part & 1) * run.vectorBytes;
  else if (pendingAt >= 0) to = kept.pending + pendingAt * run.vectorBytes + rowAt;
  sumRow(run, scratch, kept, l, row, shardCount, endTile - firstTile, mergeCount, rowAt, from, to);
}

/** Rows that are no input of the first layer. */
function restRows(run: Run): i32 {
  let rows = 1;
  for (let l = 1; l < run.layerCount; l++) rows += layerOf(run, l).inputs + 1;
  return rows;
}

/** Row `row` of layer `l`: to the vector at `target`, or, less the row at `shift`, through Adam. 1 if it was finite. */
function sliceRow(
  run: Run,
  scratch: Scratch,
  kept: Store,
  l: i32,
  row: i32,
  updates: bool,
  adam: Adam,
  slice: i32,
  shift: usize,
  target: usize,
): i32 {
  const layer = layerOf(run, l);
  const rowAt = layer.offset + row * layer.stride;
  passRow(run, scratch, kept, l, row, updates ? scratch.rowSum : target + rowAt);
  return updates ? updateRow(adam, slice, scratch.rowSum, shift, rowAt, layer.stride) : 1;
}

/**
 * Sums slice `slice` (a group of rows) of a pass of block (level, index), after all of its tiles were computed. In the last
 * pass the block's sum goes to the vector at `target`, in the engine's own coordinates: the first layer's weight gradient is
 * that of the shifted input. With `adamAddress` (0 = none) the block is the root, and its rows are applied at once, as
 * updateSlice does (update.ts): returns 1 if all gradients were finite.
 */
export function sumSlice(
  runAt: usize,
  scratchAt: usize,
  storeAt: usize,
  level: i32,
  index: i32,
  pass: i32,
  slice: i32,
  target: usize,
  adamAddress: usize,
  newPartials: usize,
): i32 {
  const run = changetype<Run>(runAt);
  const scratch = changetype<Scratch>(scratchAt);
  const kept = changetype<Store>(storeAt);
  locate(run, level, index, pass);
  const updates = adamAddress !== 0 && pendingAt < 0;
  const adam = changetype<Adam>(adamAddress);
  if (updates) beginSlice(adam, slice, 1);
  const layer = layerOf(run, 0);
  let finite = 1;
  if (slice < ROW_GROUPS) {
    const end = (layer.inputs * (slice + 1)) / ROW_GROUPS;
    if (updates) {
      passRow(run, scratch, kept, 0, layer.inputs, scratch.shift);
      shiftOfRows(run, scratch.shift, layer.stride);
    }
    for (let row = (layer.inputs * slice) / ROW_GROUPS; row < end; row++) {
      finite &= sliceRow(run, scratch, kept, 0, row, updates, adam, slice, scratch.shift, target);
    }
    if (updates) sumGroup(run, adam.newParameters, newPartials, slice);
    return finite;
  }
  const rest = restRows(run);
  const group = slice - ROW_GROUPS;
  const first = (rest * group) / REST_GROUPS;
  const end = (rest * (group + 1)) / REST_GROUPS;
  let number = 0;
  for (let l = 0; l < run.layerCount; l++) {
    const at = layerOf(run, l);
    for (let row = l === 0 ? at.inputs : 0; row <= at.inputs; row++, number++) {
      if (number < first || number >= end) continue;
      finite &= sliceRow(run, scratch, kept, l, row, updates, adam, slice, 0, target);
    }
  }
  return finite;
}

/**
 * Computes tree node (level, index) of step `stepInEpoch` (0-based) of `epoch` (0-based) into the vector at `target`, in
 * the engine's own coordinates (sumSlice), all by itself.
 * `partials` are the sums of the first layer's rows (shifted-input.ts). At `sumsAt` it leaves a Sums record.
 */
export function computeBlock(
  runAt: usize,
  scratchAt: usize,
  storeAt: usize,
  parameters: usize,
  partials: usize,
  epoch: u32,
  stepInEpoch: i32,
  level: i32,
  index: i32,
  target: usize,
  sumsAt: usize,
): void {
  const run = changetype<Run>(runAt);
  const passes = max(1, (1 << level) / run.passShards) * run.shardPasses;
  for (let pass = 0; pass < passes; pass++) {
    locate(run, level, index, pass);
    const tiles = shardCount * (endTile - firstTile);
    for (let group = 0; group * run.groupTiles < tiles; group++) {
      computeTile(runAt, scratchAt, storeAt, parameters, partials, epoch, stepInEpoch, level, index, pass, group);
    }
    for (let slice = 0; slice < ROW_GROUPS + REST_GROUPS; slice++) {
      sumSlice(runAt, scratchAt, storeAt, level, index, pass, slice, target, 0, 0);
    }
  }
  sumLosses(runAt, scratchAt, storeAt, stepInEpoch, level, index, sumsAt);
}
