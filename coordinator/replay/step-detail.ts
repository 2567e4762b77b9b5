// All that there is to see of one step of a run: the states before and after it, its gradient and what Adam made of it, and of one
// shard the samples, their images as the network saw them, and its own gradient.

import { augmentationOf } from '../../src/data/augmentation.ts';
import { batchSamples, shardStart } from '../../src/data/sampler.ts';
import { numbersAt, samplesOfBatch } from '../../src/kernels/batch-samples.ts';
import type { Layout } from '../../src/model/layout.ts';
import { Purpose } from '../../src/random.ts';
import { digestOf, type State, stateDigestOf } from '../../src/run/digest.ts';
import { type Means, meansOf, type Sums } from '../../src/sums.ts';
import { type BlockAddress, rootLevel } from '../../src/tree.ts';
import type { Wiring } from '../../src/wiring.ts';
import type { OpenPart } from './open-part.ts';
import type { Replay } from './replay.ts';

interface Digests {
  readonly digest: string;
  readonly stateDigest: string;
}

export interface SeenSample {
  /** Number of the image in the training file. */
  readonly image: number;
  readonly label: number;
  /** rows * columns bytes, as augmented. */
  readonly pixels: Uint8Array;
}

export interface ShardDetail {
  readonly shard: number;
  readonly samples: readonly SeenSample[];
  /** Its sum over the samples, in canonical order. */
  readonly gradient: Float32Array;
  readonly sums: Sums;
}

export interface StepDetail {
  readonly step: number;
  /** 0-based. */
  readonly epoch: number;
  readonly stepInEpoch: number;
  readonly samples: number;
  readonly learningRate: number;
  /** With the parameters that the step reads. */
  readonly train: Means;
  readonly layout: Layout;
  readonly rows: number;
  readonly columns: number;
  readonly before: State & Digests;
  readonly after: State & Digests;
  /** The mean over the global batch, that Adam is handed, in canonical order. */
  readonly gradient: Float32Array;
  readonly shard: ShardDetail | null;
}

/** Goes one step on from the state at hand, and tells of it. `shard` is one of the step's. */
export async function stepDetail(replay: Replay, shard: number | null, wiring: Wiring): Promise<StepDetail> {
  const { at, part } = await replay.address();
  const { memory, shape } = part;
  const { layout, rows, columns, shards } = shape;
  const { step, epoch, stepInEpoch } = at;
  const samples = samplesOfBatch(memory, stepInEpoch);
  const before = withDigests(replay.state(), step);
  const root = nodeOf(part, at, { level: rootLevel(shards), index: 0 });
  const ofShard = shard === null ? null : shardOf(part, at, shard, wiring);
  await replay.advance(step + 1);
  return {
    step,
    epoch,
    stepInEpoch,
    samples,
    learningRate: memory.learningRate(step),
    train: meansOf(root.sums),
    layout,
    rows,
    columns,
    before,
    after: withDigests(replay.state(), step + 1),
    // a batch of which nothing is left changes nothing
    gradient: samples === 0 ? root.gradient : root.gradient.map((sum) => sum / samples),
    shard: ofShard,
  };
}

export type At = Awaited<ReturnType<Replay['address']>>['at'];

/** A tree node of the step, as the true sum of its samples' gradients, in canonical order. */
function nodeOf({ memory, engine }: OpenPart, at: At, block: BlockAddress): { gradient: Float32Array; sums: Sums } {
  engine.computeBlock(at, block, 0);
  const { vector, sums } = memory.plan.slots[0]!;
  memory.kernels.finish(memory.plan.runRecord, vector);
  return { gradient: memory.canonical(vector), sums: memory.sums(sums) };
}

/** One shard of the step that the part's memory is ready for. */
export function shardOf(part: OpenPart, at: At, shard: number, wiring: Wiring): ShardDetail {
  const { memory, shape, numbers, data, options } = part;
  const { batchSize, seed } = options;
  const { rows, columns, images, labels } = data.train;
  const count = batchSamples(at.stepInEpoch, batchSize, numbers.training.length);
  const first = at.stepInEpoch * batchSize;
  const [from, to] = [shardStart(count, shape.shards, shard), shardStart(count, shape.shards, shard + 1)];
  const pixels = rows * columns;
  const augmentation = augmentationOf(options.augment);
  const seen = (number: number): Uint8Array => {
    const image = images.slice(number * pixels, (number + 1) * pixels);
    const { epoch } = at;
    if (augmentation === null) return image;
    const address = { rows, columns, seed, purpose: Purpose.augmentTraining, epoch, number, augmentation };
    return wiring.workbench().augmentSample(image, address);
  };
  const numbersOfShard = numbersAt(memory, at.epoch, first + from, first + to);
  const samples = numbersOfShard.map((image) => ({ image, label: labels[image]!, pixels: seen(image) }));
  return { shard, samples, ...nodeOf(part, at, { level: 0, index: shard }) };
}

function withDigests(state: State, step: number): State & Digests {
  return { ...state, digest: digestOf(state.parameters), stateDigest: stateDigestOf(state, step) };
}
