// The functions that the compiler puts into their callers: small ones of the innermost loops. They stand together since only
// AssemblyScript decorates functions: biome can read every other file of this folder, and not this one (biome.json).

import { Layer, LayerScratch, ROW_GROUPS, Run, Scratch } from './structs';
import { sumOfRows } from './vectors';

// @ts-ignore: decorator
@inline
export function layerOf(run: Run, l: i32): Layer {
  return changetype<Layer>(run.layers + l * offsetof<Layer>());
}

// @ts-ignore: decorator
@inline
export function scratchOf(scratch: Scratch, l: i32): LayerScratch {
  return changetype<LayerScratch>(scratch.layers + l * offsetof<LayerScratch>());
}

/** First position of a shard within a batch of `count` samples (src/data/sampler.ts, shardStart). */
// @ts-ignore: decorator
@inline
export function shardStart(count: i32, shards: i32, shard: i32): i32 {
  return <i32>((<u64>count * shard) / shards);
}

/** The dot product of two rows of `bytes` (a multiple of 16) at a fixed order: four lanes of four, then their sum. */
// @ts-ignore: decorator
@inline
export function dot(a: usize, b: usize, bytes: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let i = 0;
  for (; i + 64 <= bytes; i += 64) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a + i), v128.load(b + i)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a + i, 16), v128.load(b + i, 16)));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(a + i, 32), v128.load(b + i, 32)));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(a + i, 48), v128.load(b + i, 48)));
  }
  for (; i < bytes; i += 16) s0 = f32x4.add(s0, f32x4.mul(v128.load(a + i), v128.load(b + i)));
  const sum = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  return f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3));
}

/** Sums group `group` of the first layer's rows, for the shifted bias (shifted-input.ts). */
// @ts-ignore: decorator
@inline
export function sumGroup(run: Run, parameters: usize, partials: usize, group: i32): void {
  const layer = layerOf(run, 0);
  sumOfRows(
    parameters + layer.offset, (layer.inputs * group) / ROW_GROUPS, (layer.inputs * (group + 1)) / ROW_GROUPS, layer.stride,
    partials + group * layer.stride,
  );
}

/** In 16.16 fixed point, as Pillow rounds. */
// @ts-ignore: decorator
@inline
export function fixed(value: f64): i32 {
  return <i32>floor(value * 65536.0 + 0.5);
}

// @ts-ignore: decorator
@inline
export function round15(value: f64): f64 {
  return nearest(value * 1e15) / 1e15;
}
