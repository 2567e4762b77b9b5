// One step, readied on two sides from the same state: which shards' gradients differ, and which samples of the first of them.

import { sameBits } from '../../src/run/state-difference.ts';
import type { Wiring } from '../../src/wiring.ts';
import type { Replay } from './replay.ts';
import { type At, type SeenSample, shardOf } from './step-detail.ts';

/** A sample of the shard on each side; null: it has none that belongs there. */
export interface SampleDifference {
  /** From 0, among the samples of the first side; of one that it does not have, among those of the second. */
  readonly place: number;
  readonly a: SeenSample | null;
  readonly b: SeenSample | null;
  /** Whether the network sees another image: as augmented. */
  readonly otherPixels: boolean;
}

interface ShardDifference {
  readonly shard: number;
  /** false: only its samples differ, and made no difference. */
  readonly otherGradient: boolean;
  readonly samples: readonly SampleDifference[];
}

export interface ShardsDifference {
  /** Of the first side. */
  readonly at: At;
  /** How many shards the batch is cut into on each side. Shards of other cuts are not set beside each other. */
  readonly shards: readonly [number, number];
  /** Those that differ, in order. */
  readonly differing: readonly number[];
  /** The first of them with another gradient; without any, the first. */
  readonly first: ShardDifference | null;
}

/** Both stand at the state that the step reads. */
export async function shardsDifference(a: Replay, b: Replay, wiring: Wiring): Promise<ShardsDifference> {
  const [left, right] = [await a.address(), await b.address()];
  const shards = [left.part.shape.shards, right.part.shape.shards] as const;
  const found: ShardDifference[] = [];
  for (let shard = 0; shards[0] === shards[1] && shard < shards[0]; shard++) {
    const one = shardOf(left.part, left.at, shard, wiring);
    const other = shardOf(right.part, right.at, shard, wiring);
    const otherGradient = !sameBits(one.gradient, other.gradient);
    const samples = sampleDifferences(one.samples, other.samples);
    if (otherGradient || samples.length > 0) found.push({ shard, otherGradient, samples });
  }
  const first = found.find(({ otherGradient }) => otherGradient) ?? found[0] ?? null;
  return { at: left.at, shards, differing: found.map(({ shard }) => shard), first };
}

/** Samples are set beside each other by their image, so that one that a side skips does not move all behind it. */
export function sampleDifferences(a: readonly SeenSample[], b: readonly SeenSample[]): readonly SampleDifference[] {
  const [inA, inB] = [a, b].map((samples) => new Set(samples.map(({ image }) => image))) as [Set<number>, Set<number>];
  const found: SampleDifference[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const [one, other] = [a[i] ?? null, b[j] ?? null];
    const onlyA = one !== null && !inB.has(one.image);
    const onlyB = other !== null && !inA.has(other.image);
    // where both have one that the other has not, one took the other's place
    const takeA = one !== null && !(onlyB && !onlyA);
    const takeB = other !== null && !(onlyA && !onlyB);
    const pair = { place: takeA ? i : j, a: takeA ? one : null, b: takeB ? other : null };
    const otherPixels = pair.a === null || pair.b === null || !Buffer.from(pair.a.pixels).equals(pair.b.pixels);
    if (otherPixels || pair.a?.image !== pair.b?.image || pair.a?.label !== pair.b?.label) {
      found.push({ ...pair, otherPixels });
    }
    i += takeA ? 1 : 0;
    j += takeB ? 1 : 0;
  }
  return found;
}
