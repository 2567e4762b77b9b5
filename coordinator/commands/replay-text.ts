// One step of a run, as a table, as JSON and as files. Pure.

import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import { encodePng } from '../../src/image/png-encode.ts';
import { namedTensors } from '../../src/model/layout.ts';
import { tensorNorms } from '../../src/model/norms.ts';
import { tensorsOf } from '../../src/run/checkpoint.ts';
import { meansOf } from '../../src/sums.ts';
import type { ShardDetail, StepDetail } from '../replay/step-detail.ts';
import { digestTable, figureTable, lines, table } from './result-text.ts';

interface LayerNorms {
  readonly name: string;
  readonly parameters: number;
  readonly gradient: number;
  readonly update: number;
  /** Of the shard alone; its gradient is a sum. */
  readonly shardGradient?: number;
}

/** `width`: cells of the terminal; null: it is none. */
export function stepText(detail: StepDetail, files: readonly string[], width: number | null): string {
  const { step, epoch, stepInEpoch, samples, learningRate, train, before, after, shard } = detail;
  const of = norms(detail);
  const norm = (value: number) => (Number.isFinite(value) ? value.toExponential(4) : String(value));
  const parts = [
    digestTable(
      (shown) => [
        ['Step', `${step} (epoch ${epoch + 1}, its step ${stepInEpoch})`],
        ['Samples', String(samples)],
        ['Learning rate', String(learningRate)],
        ['Loss', train.loss.toFixed(4)],
        ['Accuracy', train.accuracy.toFixed(4)],
        ['Digest before', shown(before.digest)],
        ['State digest before', shown(before.stateDigest)],
        ['Digest after', shown(after.digest)],
        ['State digest after', shown(after.stateDigest)],
      ],
      width,
    ),
    figureTable(
      [
        ['Norms', 'Parameters', 'Gradient', 'Update', 'Update/Parameters', ...(shard ? [`Shard ${shard.shard}`] : [])],
        ...of.map(({ name, parameters, gradient, update, shardGradient }) => [
          name,
          ...[parameters, gradient, update, update / parameters].map(norm),
          ...(shardGradient === undefined ? [] : [norm(shardGradient)]),
        ]),
      ],
      width,
    ),
    ...(shard === null ? [] : [shardText(shard, width)]),
    ...(files.length === 0 ? [] : [lines(files)]),
  ];
  return parts.join('\n');
}

function shardText({ shard, samples, sums }: ShardDetail, width: number | null): string {
  const { loss, accuracy } = meansOf(sums);
  return table(
    [
      ['Shard', `${shard}: ${samples.length} samples, loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}`],
      ...samples.map(({ image, label }) => [`Image ${image}`, `label ${label}`]),
    ],
    width,
  );
}

/** `cost`: steps that were computed before this one. */
export function stepJson(run: string, detail: StepDetail, cost: number, files: readonly string[]): object {
  const { step, epoch, stepInEpoch, samples, learningRate, train, before, after, shard } = detail;
  const digests = ({ digest, stateDigest }: StepDetail['before']) => ({ digest, stateDigest });
  return {
    run,
    step,
    epoch: epoch + 1,
    stepInEpoch,
    samples,
    learningRate,
    ...train,
    cost,
    before: digests(before),
    after: digests(after),
    norms: norms(detail),
    ...(shard === null
      ? {}
      : {
          shard: {
            shard: shard.shard,
            ...meansOf(shard.sums),
            samples: shard.samples.map(({ image, label }) => ({ image, label })),
          },
        }),
    files,
  };
}

/** By their places below the folder that they are written into. */
export function stepFiles(detail: StepDetail): Map<string, Uint8Array> {
  const { layout, before, after, gradient, shard, rows, columns, step } = detail;
  const metadata = { step: String(step) };
  const tensors = (values: Float32Array) => encodeSafetensors(namedTensors(layout, values), metadata);
  const files = new Map<string, Uint8Array>([
    ['before.safetensors', encodeSafetensors(tensorsOf(layout, before, null), metadata)],
    ['after.safetensors', encodeSafetensors(tensorsOf(layout, after, null), metadata)],
    ['gradient.safetensors', tensors(gradient)],
    ['update.safetensors', tensors(updateOf(detail))],
  ]);
  if (shard !== null) {
    const place = `shard-${shard.shard}`;
    files.set(`${place}/gradient.safetensors`, tensors(shard.gradient));
    shard.samples.forEach(({ image, label, pixels }, i) => {
      const name = `${String(i).padStart(3, '0')}-image-${image}-label-${label}.png`;
      files.set(`${place}/${name}`, encodePng(columns, rows, 1, pixels));
    });
  }
  return files;
}

function norms(detail: StepDetail): LayerNorms[] {
  const { layout, before, gradient, shard } = detail;
  const [ofGradient, ofUpdate] = [tensorNorms(layout, gradient), tensorNorms(layout, updateOf(detail))];
  const ofShard = shard && tensorNorms(layout, shard.gradient);
  return tensorNorms(layout, before.parameters).map(({ name, norm }, i) => ({
    name,
    parameters: norm,
    gradient: ofGradient[i]!.norm,
    update: ofUpdate[i]!.norm,
    ...(ofShard === null ? {} : { shardGradient: ofShard[i]!.norm }),
  }));
}

function updateOf({ before, after }: StepDetail): Float32Array {
  return after.parameters.map((value, i) => value - before.parameters[i]!);
}
