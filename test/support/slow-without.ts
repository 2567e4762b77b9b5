// A run that leaves samples out from a step on, as slowly and plainly as can be: each shard's samples that are left are the only
// shard of a memory of their own, their orders never hold the others, and the sums go along the tree into one update. It knows no
// mark of a skipped sample, no threads and no passes over several shards.

import type { Dataset } from '../../src/data/dataset.ts';
import { epochOrder, splitImages, stepsPerEpoch } from '../../src/data/sampler.ts';
import { ROW_GROUPS } from '../../src/kernels/kernels.ts';
import { layRun } from '../../src/kernels/lay-memory.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { wiring } from '../../src/library.ts';
import { BiasPowers } from '../../src/model/adam.ts';
import { initialParameters } from '../../src/model/init.ts';
import { learningRateAt } from '../../src/model/schedule.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { stateDigestOf } from '../../src/run/digest.ts';
import { shapeOf } from '../../src/run/run-shape.ts';
import { makeEngine } from '../../worker/engines/make-engine.ts';

const spec = { name: 'wasm', augmentValidation: false } as const;

export interface SlowRun {
  readonly stateDigest: string;
  /** Of each epoch: samples, and the mean loss over them. */
  readonly epochs: readonly { readonly samples: number; readonly loss: number }[];
}

/** `options`: without `without`. From step `from` on the images of `out` are left out. */
export async function slowWithout(
  options: TrainOptions,
  data: Dataset,
  from: number,
  out: ReadonlySet<number>,
): Promise<SlowRun> {
  const { seed, batchSize, shards, epochs, valSize, limitTrain } = options;
  const split = splitImages(seed, data.train.count, valSize, limitTrain);
  const { training } = split;
  const memory = layRun(shapeOf(options, data, split, 1, shards), wiring.sharedKernels(), wiring.heapBase());
  memory.setData(data.train, data.test, split.validation);
  memory.setState(0, initialParameters(memory.plan.shape.layout, seed));
  const engine = await makeEngine(spec, memory, 0);
  const powers = new BiasPowers();
  const stepsInEpoch = stepsPerEpoch(training.length, batchSize);
  const figures: SlowRun['epochs'][number][] = [];
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = epochOrder(seed, epoch, training);
    let [lossSum, sampleCount] = [0, 0];
    for (let first = 0; first < training.length; first += batchSize, step++) {
      const batch = [...order.slice(first, first + batchSize)];
      let left = 0;
      for (let shard = 0; shard < shards; shard++) {
        const of = batch.slice(
          Math.floor((batch.length * shard) / shards),
          Math.floor((batch.length * (shard + 1)) / shards),
        );
        const kept = of.filter((image) => step < from || !out.has(image));
        left += kept.length;
        await shardInto(memory, shard, kept, { epoch, step, options, data });
      }
      powers.advance();
      const learningRate = learningRateAt(options, step, epochs * stepsInEpoch);
      const { beta1Power, beta2Power } = powers;
      memory.setStepScalars(step, { learningRate, beta1Power, beta2Power, decay: learningRate * options.weightDecay });
      const numbers = Array.from({ length: shards }, (_, index) => index);
      memory.setTreeNodes(
        numbers.map((index) => ({ level: 0, index })),
        numbers,
      );
      if (left === 0) {
        const { parameters, firstMoments, secondMoments } = memory.state(step);
        memory.setState(step + 1, parameters, firstMoments, secondMoments);
      } else {
        for (let slice = 0; slice <= ROW_GROUPS; slice++) {
          if (!engine.updateSlice(step, shards, left, slice)) throw new Error('not finite');
        }
      }
      memory.addTreeNodes(step, shards);
      lossSum += memory.stepSums(step).lossSum;
      sampleCount += left;
    }
    figures.push({ samples: sampleCount, loss: lossSum / sampleCount });
  }
  return { stateDigest: stateDigestOf(memory.state(step), step), epochs: figures };
}

/** The sum of these images alone into slot `shard`: zeros where there are none. */
async function shardInto(
  memory: RunMemory,
  shard: number,
  images: readonly number[],
  at: { epoch: number; step: number; options: TrainOptions; data: Dataset },
): Promise<void> {
  const { vector, sums } = memory.plan.slots[shard]!;
  memory.vector(vector).fill(0);
  memory.setSums(sums, { lossSum: 0, correctCount: 0, sampleCount: 0 });
  if (images.length === 0) return;
  const { epoch, step, options, data } = at;
  const numbers = Uint32Array.from(images);
  const split = { training: numbers, marked: numbers, validation: new Uint32Array(0) };
  const alone = { ...options, batchSize: images.length, shards: 1 };
  const own = layRun(shapeOf(alone, data, split, 1, 1), wiring.sharedKernels(), wiring.heapBase());
  own.setData(data.train, data.test, split.validation);
  own.setOrder(epoch, numbers);
  own.useOrder(epoch);
  own.setParameters(step, memory.parametersAt(step));
  const engine = await makeEngine(spec, own, 0);
  engine.computeBlock({ epoch, step, stepInEpoch: 0 }, { level: 0, index: 0 }, 0);
  memory.vector(vector).set(own.vector(own.plan.slots[0]!.vector));
  memory.setSums(sums, own.sums(own.plan.slots[0]!.sums));
  engine.close?.();
}
