// One step, readied on two sides from the same state: which shards' gradients differ, and which samples of the first of them.

import { sameBits } from '../../src/run/state-difference.ts';
import type { Wiring } from '../../src/wiring.ts';
import type { Replay } from './replay.ts';
import { type At, type SeenSample, type ShardDetail, shardOf } from './step-detail.ts';

/** What stands at one place of the shard on each side; null: nothing. */
export interface SampleDifference {
  /** From 0. */
  readonly place: number;
  readonly a: SeenSample | null;
  readonly b: SeenSample | null;
  /** Whether the network sees another image: as augmented. */
  readonly otherPixels: boolean;
}

export interface ShardDifference {
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
    const samples = sampleDifferences(one, other);
    if (otherGradient || samples.length > 0) found.push({ shard, otherGradient, samples });
  }
  const first = found.find(({ otherGradient }) => otherGradient) ?? found[0] ?? null;
  return { at: left.at, shards, differing: found.map(({ shard }) => shard), first };
}

function sampleDifferences({ samples: a }: ShardDetail, { samples: b }: ShardDetail): readonly SampleDifference[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, place) => {
    const [one, other] = [a[place] ?? null, b[place] ?? null];
    const otherPixels = one === null || other === null || !Buffer.from(one.pixels).equals(other.pixels);
    const same = one?.image === other?.image && one?.label === other?.label && !otherPixels;
    return same ? [] : [{ place, a: one, b: other, otherPixels }];
  }).flat();
}
