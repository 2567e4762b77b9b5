// Layers whose rows are long, so that their weights do not fit the caches: a block of rows serves all samples of a group before
// the next one does. Where most inputs are not 0 the dense kernels take them, 0 or not, several samples to each weight that is
// loaded; else lists leave out what is 0. Both add the same products in the same order to each sum, so the bits are the same
// (test/kernels/blocked.test.ts): a product with 0 changes none, but where the other factor is not finite, and such weights are
// left to the lists; or where the sum is -0, which only a bias may be, and which ReLU and softmax take for +0.

import { columnsEnd } from './inlined';
import { addInputs, listedInputs } from './listed';
import { packRows } from './packed';
import { COLUMNS_BYTES, DENSE_TENTHS, Layer, LayerScratch, Scratch } from './structs';
import { allFinite } from './vectors';

/** Listed inputs of a block that make its sums' loads and stores, and a branch that is not foreseen, worth it. */
const BLOCK_INPUTS: i32 = 32;
/** Rows of a block, of which a column's part is to stay in the first-level cache. */
const LEAST_ROWS: i32 = 64;
const MOST_ROWS: i32 = 192;
/** The same of the dense kernel, and of rows that are packed: their columns at hand fill half of that cache, or a little more. */
const DENSE_ROWS: i32 = 128;
const PACKED_ROWS: i32 = 28672 / COLUMNS_BYTES;
/** How often a row is to be used by a group, so that it pays to pack it. */
const PACKED_USES: i32 = 3;

/** Whether the lists of a group hold so many of its inputs that the dense kernels are the faster ones; measured, in tenths. */
export function isDense(inputs: LayerScratch, rows: i32, count: i32): bool {
  return listedInputs(inputs, count) * 10 >= rows * count * DENSE_TENTHS;
}

/** Forgets which listed inputs are done. */
function startLists(inputs: LayerScratch, count: i32): void {
  for (let i = 0; i < count; i++) {
    store<u32>(inputs.ends + (i << 2), <u32>(inputs.entries + i * inputs.entryBytes));
  }
}

/**
 * Makes the next block the listed inputs that are not done, and whose rows begin before byte `limit` of the weights. Where it is
 * packed their offsets become those of rows COLUMNS_BYTES apart, the first of which is number `first`: backwards, inputs are found by
 * their places.
 */
function nextBlock(inputs: LayerScratch, count: i32, limit: u32, packed: bool, first: i32, stride: i32): void {
  // a number of which a multiple of the stride times it has the row's number above 32 bits
  const reciprocal = (((<u64>1) << 32) + stride - 1) / stride;
  for (let i = 0; i < count; i++) {
    const end = inputs.entries + i * inputs.entryBytes + (load<i32>(inputs.counts + (i << 2)) << 3);
    let entry = <usize>load<u32>(inputs.ends + (i << 2));
    store<u32>(inputs.starts + (i << 2), <u32>entry);
    for (; entry < end; entry += 8) {
      const offset = load<u32>(entry);
      if (offset >= limit) break;
      if (packed) store<u32>(entry, (<u32>((offset * reciprocal) >> 32) - first) * COLUMNS_BYTES);
    }
    store<u32>(inputs.ends + (i << 2), <u32>entry);
  }
}

/** For each of `count` samples its row of sums, `pitch` bytes apart: as `affine` (layers.ts). */
export function affineBlocked(
  scratch: Scratch,
  weights: usize,
  bias: usize,
  layer: Layer,
  inputs: LayerScratch,
  count: i32,
  sums: usize,
  pitch: i32,
): void {
  const rows = layer.inputs;
  const stride = layer.stride;
  if (isDense(inputs, rows, count) && allFinite(weights, rows * stride)) {
    affineDense(scratch, weights, bias, layer, inputs, count, sums, pitch);
    return;
  }
  const listed = listedInputs(inputs, count);
  const packed = listed >= rows * PACKED_USES;
  let blockRows = min(MOST_ROWS, max(LEAST_ROWS, (BLOCK_INPUTS * count * rows) / max(1, listed)));
  if (packed) {
    const blocks = (rows + PACKED_ROWS - 1) / PACKED_ROWS;
    blockRows = (rows + blocks - 1) / blocks;
  }
  const blocksEnd = columnsEnd(stride);
  startLists(inputs, count);
  for (let first = 0; first < rows; first += blockRows) {
    const end = min(rows, first + blockRows);
    nextBlock(inputs, count, end * stride, packed, first, stride);
    // a few columns of the block's rows serve all samples before the next ones do
    for (let column = 0; column < stride; ) {
      const last = column < blocksEnd ? column + COLUMNS_BYTES : min(column + 64, stride);
      let block = weights;
      if (packed) {
        packRows(weights + first * stride + column, stride, end - first, last - column, scratch.matrix);
        block = scratch.matrix - column;
      }
      for (let i = 0; i < count; i++) {
        const entries = <usize>load<u32>(inputs.starts + (i << 2));
        const entriesEnd = <usize>load<u32>(inputs.ends + (i << 2));
        const target = sums + i * pitch;
        addInputs(block, entries, entriesEnd, column, min(last, blocksEnd), last, first === 0 ? bias : target, target);
      }
      column = last;
    }
  }
}

/** The same of inputs 0 or not: two samples and four vectors of outputs at a time, as many as registers hold. */
function affineDense(
  scratch: Scratch,
  weights: usize,
  bias: usize,
  layer: Layer,
  inputs: LayerScratch,
  count: i32,
  sums: usize,
  pitch: i32,
): void {
  const rows = layer.inputs;
  const stride = layer.stride;
  const values = scratch.matrix;
  // a sample that has no neighbour gets one without inputs
  const samples = (count + 1) & ~1;
  const valueBytes = samples << 2;
  memory.fill(values, 0, rows * valueBytes);
  for (let i = 0; i < count; i++) {
    const entries = inputs.entries + i * inputs.entryBytes;
    const end = entries + (load<i32>(inputs.counts + (i << 2)) << 3);
    const column = values + (i << 2);
    for (let e = entries; e < end; e += 8) {
      store<f32>(column + (load<u32>(e) / stride) * valueBytes, load<f32>(e, 4));
    }
  }
  for (let first = 0; first < rows; first += DENSE_ROWS) {
    const blockRows = min(DENSE_ROWS, rows - first);
    const block = weights + first * stride;
    const blockValues = values + first * valueBytes;
    const valuesEnd = blockValues + blockRows * valueBytes;
    let column = 0;
    for (; column + 64 <= stride; column += 64) {
      for (let i = 0; i < samples; i += 2) {
        const target = sums + i * pitch + column;
        const second = target + pitch;
        const from = first === 0 ? bias + column : target;
        const secondFrom = first === 0 ? from : second;
        let a0 = v128.load(from);
        let a1 = v128.load(from, 16);
        let a2 = v128.load(from, 32);
        let a3 = v128.load(from, 48);
        let b0 = v128.load(secondFrom);
        let b1 = v128.load(secondFrom, 16);
        let b2 = v128.load(secondFrom, 32);
        let b3 = v128.load(secondFrom, 48);
        let row = block + column;
        const end = valuesEnd + (i << 2);
        for (let value = blockValues + (i << 2); value < end; value += valueBytes, row += stride) {
          const a = v128.load32_splat(value);
          const b = v128.load32_splat(value, 4);
          const w0 = v128.load(row);
          const w1 = v128.load(row, 16);
          const w2 = v128.load(row, 32);
          const w3 = v128.load(row, 48);
          a0 = f32x4.add(a0, f32x4.mul(a, w0));
          a1 = f32x4.add(a1, f32x4.mul(a, w1));
          a2 = f32x4.add(a2, f32x4.mul(a, w2));
          a3 = f32x4.add(a3, f32x4.mul(a, w3));
          b0 = f32x4.add(b0, f32x4.mul(b, w0));
          b1 = f32x4.add(b1, f32x4.mul(b, w1));
          b2 = f32x4.add(b2, f32x4.mul(b, w2));
          b3 = f32x4.add(b3, f32x4.mul(b, w3));
        }
        v128.store(target, a0);
        v128.store(target, a1, 16);
        v128.store(target, a2, 32);
        v128.store(target, a3, 48);
        v128.store(second, b0);
        v128.store(second, b1, 16);
        v128.store(second, b2, 32);
        v128.store(second, b3, 48);
      }
    }
    for (; column < stride; column += 16) {
      for (let i = 0; i < samples; i++) {
        const target = sums + i * pitch + column;
        let sum = v128.load(first === 0 ? bias + column : target);
        let row = block + column;
        const end = valuesEnd + (i << 2);
        for (let value = blockValues + (i << 2); value < end; value += valueBytes, row += stride) {
          sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(value), v128.load(row)));
        }
        v128.store(target, sum);
      }
    }
  }
}
