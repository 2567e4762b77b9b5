// What `lockstep plan` works out, as text for people. Knows nothing of how.

import { bandwidthText } from '../../src/options/quantity-kinds.ts';
import { counted } from '../../src/text/counted.ts';
import type { BenchResult } from '../speed/bench-result.ts';
import type { Asked, Plan, Rate, Resource } from '../speed/plan.ts';
import { figureTable, sentences, whole } from './result-text.ts';

const resourceText: Readonly<Record<Resource, string>> = {
  computing: 'computing',
  link: "the coordinator's link",
  latency: 'latency',
  coordinator: "the coordinator's own work",
  nodes: 'messages at the nodes',
};

/** `measured`: "measured now", or the file that it stands in. `width`: cells of the terminal; null: it is none. */
export function planText(plan: Plan, asked: Asked, bench: BenchResult, measured: string, width: number | null): string {
  return [
    sentences(headLines(asked, bench, measured), width),
    figureTable(partRows(plan), width),
    sentences(stepLines(plan, asked), width),
    figureTable(nodeRows(plan), width),
    sentences(answerLines(plan, asked), width),
  ].join('\n');
}

function headLines(
  asked: Asked,
  { machine, network, options, load, threads: rows }: BenchResult,
  measured: string,
): string[] {
  const { nodes, threads, batchSize, shards, bytesPerSecond, roundTripMs } = asked;
  const busy = load.before > machine.cores / 2 ? `, while others were at work (load ${load.before.toFixed(1)})` : '';
  const most = Math.max(...rows.map((row) => row.threads));
  return [
    `${counted(nodes, 'node')} of ${counted(threads, 'thread')} and a coordinator that computes nothing, each a machine like the one that was measured`,
    `Links of ${bandwidthText(bytesPerSecond)}, ${Number(roundTripMs.toPrecision(4))} ms there and back`,
    `Network ${network.widths.join('-')}, batch ${batchSize}, ${counted(shards, 'shard')}, engine ${options.engine}${options.wide ? ' with wide vectors' : ''}; parameters have ${whole(network.vectorBytes)} bytes`,
    `Speeds: ${measured}${busy}`,
    ...(threads > most
      ? [
          `More than ${counted(most, 'thread')} were not measured: ${threads} that train alone are taken for ${Number((threads / most).toPrecision(3))} times as fast`,
        ]
      : []),
  ];
}

function partRows({ parts }: Plan): string[][] {
  return [
    ['Part of a step', 'ms each', 'Times', 'ms', 'Of'],
    ...parts.map(({ name, eachMs, times, resource }) => {
      return [name, eachMs.toFixed(3), String(times), (eachMs * times).toFixed(3), resourceText[resource]];
    }),
  ];
}

function stepLines(plan: Plan, { threads }: Asked): string[] {
  const { stepMs, samplesPerSecond, sentBytes, receivedBytes, without, limit, step } = plan;
  const others = (Object.entries(without) as [Resource, number][])
    .toSorted(([, a], [, b]) => a - b)
    .map(([resource, ms]) => `${ms.toFixed(2)} ms without ${resourceText[resource]}`);
  const idle = threads - step.busyThreads;
  return [
    `A step takes ${stepMs.toFixed(2)} ms, since parts of several nodes overlap: ${whole(samplesPerSecond)} samples/s`,
    `The coordinator sends ${whole(sentBytes)} bytes a step${step.packed ? ', parameters packed since the link is slow,' : ''} and receives ${whole(receivedBytes)}`,
    `It is limited by ${resourceText[limit]}. It would take ${others.join(', ')}`,
    ...(idle > 0
      ? [
          `Of the ${threads} threads of a node ${idle} stand idle: each tree node of its share is one thread's work. Start more workers with --threads 1 on a machine instead`,
        ]
      : []),
  ];
}

function nodeRows({ byNodes, alone }: Plan): string[][] {
  return [
    ['Nodes', 'ms a step', 'Samples/s', 'Of one machine alone', 'Limited by'],
    ...byNodes.map(({ nodes, limit, ...rate }) => [String(nodes), ...rateCells(rate, alone), resourceText[limit]]),
    ['alone', ...rateCells(alone, alone), ''],
  ];
}

function rateCells({ stepMs, samplesPerSecond }: Rate, alone: Rate): string[] {
  return [stepMs.toFixed(2), whole(samplesPerSecond), (samplesPerSecond / alone.samplesPerSecond).toFixed(2)];
}

function answerLines({ alone, second, further, ...plan }: Plan, { nodes, threads, batchSize }: Asked): string[] {
  const against = (rate: Rate, other: Rate) => (rate.samplesPerSecond / other.samplesPerSecond).toFixed(2);
  return [
    `Does a second machine pay? ${second.pays ? 'Yes' : 'No'}: one that trains alone (--threads ${threads}) makes ${whole(alone.samplesPerSecond)} samples/s; with a node beside its own threads it is ${whole(second.samplesPerSecond)}, ${against(second, alone)} of that.`,
    `  ${fromBatch(second.paysFromBatch, batchSize)}`,
    `Does a further node pay? ${further.pays ? 'Yes' : 'No'}: ${nodes + 1} make ${whole(further.samplesPerSecond)} samples/s, ${against(further, plan)} of what ${nodes} ${nodes === 1 ? 'makes' : 'make'}.`,
    `  ${fromBatch(further.paysFromBatch, batchSize)}`,
  ];
}

function fromBatch(size: number | null, asked: number): string {
  if (size === null) return 'It does at no batch size that --batch-size takes.';
  if (size <= asked) return `It does from a batch of ${whole(size)} on.`;
  return `It begins to at a batch of ${whole(size)}; a larger batch is another training, with fewer steps an epoch.`;
}
