// What `lockstep bench` found, as text for people. Knows nothing of how it was measured.

import { counted } from '../../src/text/counted.ts';
import type { BenchResult, Spread } from '../speed/bench-result.ts';
import type { Comparison } from '../speed/compare.ts';
import { constantsOf } from '../speed/constants.ts';
import { figureTable, sentences, whole } from './result-text.ts';

type Width = number | null;

/** `width`: cells of the terminal; null: it is none. */
export function benchText(result: BenchResult, width: Width = null): string {
  return [factsText, kernelsText, threadsText, clusterText, enginesText].map((of) => of(result, width)).join('\n');
}

/** Machine, network, and how it was measured. */
function factsText(
  { machine, program, options, network, rounds, seconds, warmUpSeconds, load }: BenchResult,
  width: Width,
): string {
  const { processor, cores, platform, arch, node } = machine;
  const { batchSize, shards, engine, wide, data } = options;
  const busy = load.before > machine.cores / 2 ? '; others were at work: repeat it when they are not' : '';
  const facts = [
    `${processor}, ${counted(cores, 'core')}, ${platform} ${arch}, Node ${node}, lockstep ${program}`,
    `Network ${network.widths.join('-')}, batch ${batchSize}, ${counted(shards, 'shard')}, engine ${engine}${wide ? ' with wide vectors' : ''}, ${data === null ? "generated images as sparse as MNIST's" : `images of ${data}`}`,
    `Medians of ${counted(rounds, 'round')} (lowest to highest); ${seconds.toFixed(1)} s, of which ${warmUpSeconds.toFixed(1)} s to warm up`,
    `Load of the machine ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after${busy}`,
  ];
  return sentences(facts, width);
}

function kernelsText({ kernels }: BenchResult, width: Width): string {
  const { stages, blocks, commits } = kernels;
  return figureTable(
    [
      ['One thread', 'Time', '', 'Lowest to highest'],
      ...stages.map(({ name, microsecondsASample }) => [name, ...timeCells(microsecondsASample, 'µs a sample')]),
      ...blocks.map(({ shards, batchSize, samples, milliseconds }) => {
        const name = `tree node of ${counted(shards, 'shard')}, batch ${batchSize}`;
        return [name, ...timeCells(scaled(milliseconds, 1000 / samples), 'µs a sample')];
      }),
      ...commits.map(({ treeNodes, milliseconds }) => {
        return [
          `reduce and Adam, ${counted(treeNodes, 'tree node')}`,
          ...timeCells(scaled(milliseconds, 1000), 'µs a step'),
        ];
      }),
    ],
    width,
  );
}

function threadsText({ threads, options }: BenchResult, width: Width): string {
  const one = (batchSize: number) => threads.find((row) => row.threads === 1 && row.batchSize === batchSize)!;
  const ordered = threads.toSorted(
    (a, b) => Number(a.batchSize !== options.batchSize) - Number(b.batchSize !== options.batchSize),
  );
  return figureTable(
    [
      ['Threads', 'Batch', 'Samples/s', 'Lowest to highest', 'Efficiency'],
      ...ordered.map((row) => {
        const { median, lowest, highest } = row.samplesPerSecond;
        const efficiency = median / (row.threads * one(row.batchSize).samplesPerSecond.median);
        const range = `${whole(lowest)} to ${whole(highest)}`;
        return [String(row.threads), String(row.batchSize), whole(median), range, efficiency.toFixed(2)];
      }),
    ],
    width,
  );
}

function clusterText(result: BenchResult, width: Width): string {
  const { cluster, network } = result;
  const rows = [...cluster.asked, cluster.other].map((one) => {
    const { nodes, hidden, batchSize, stepMs, computeMs, commitMs, sentBytes, receivedBytes } = one;
    const rest = Math.max(0, stepMs.median - computeMs.median - commitMs.median);
    return [
      String(nodes),
      hidden.join(','),
      `${stepMs.median.toFixed(2)} (${stepMs.lowest.toFixed(2)} to ${stepMs.highest.toFixed(2)})`,
      computeMs.median.toFixed(2),
      commitMs.median.toFixed(2),
      rest.toFixed(2),
      whole((1000 * batchSize) / stepMs.median),
      whole(sentBytes),
      whole(receivedBytes),
    ];
  });
  const { giveMs, takeMs, messageMs, vectorMs } = constantsOf(result).costs;
  const message = [
    `A message of ${whole(network.vectorBytes)} bytes costs the coordinator ${giveMs.toFixed(3)} ms to send and ${takeMs.toFixed(3)} ms to take in;`,
    `a node, with both ways, ${(messageMs + vectorMs).toFixed(3)} ms, of which ${messageMs.toFixed(3)} ms whatever its length.`,
  ].join(' ');
  return [
    sentences(
      ['On loopback: a coordinator that computes nothing, nodes of one thread, milliseconds and bytes of a step'],
      width,
    ),
    figureTable(
      [['Nodes', 'Hidden', 'Step', 'Compute', 'Commit', 'Messages', 'Samples/s', 'Sent', 'Received'], ...rows],
      width,
    ),
    sentences([message], width),
  ].join('');
}

function enginesText({ engines }: BenchResult, width: Width): string {
  return figureTable(
    [
      ['Engine, one thread', 'Samples/s', 'Lowest to highest'],
      ...engines.map(({ name, samplesPerSecond: value, why = '' }) => {
        if (value === null) return [name, '-', why];
        return [name, whole(value.median), `${whole(value.lowest)} to ${whole(value.highest)}`];
      }),
    ],
    width,
  );
}

export function comparisonText({ figures, onlyBefore, onlyNow, differs }: Comparison, width: Width = null): string {
  const shown = (value: number, unit: string) => (unit === 'samples/s' ? whole(value) : value.toPrecision(3));
  return [
    '\n',
    sentences(
      [
        differs.length === 0
          ? 'Machine, program and options are the same.'
          : `Other than before: ${differs.join('; ')}`,
      ],
      width,
    ),
    figureTable(
      [
        ['Against the earlier result', 'Unit', 'Before', 'Now', 'Ratio', ''],
        ...figures.map(({ name, unit, before, now, ratio, verdict }) => {
          return [name, unit, shown(before, unit), shown(now, unit), ratio.toFixed(2), verdict];
        }),
      ],
      width,
    ),
    sentences(onlyBefore.length > 0 ? [`Only before: ${onlyBefore.join('; ')}`] : [], width),
    sentences(onlyNow.length > 0 ? [`Only now: ${onlyNow.join('; ')}`] : [], width),
  ].join('');
}

function timeCells({ median, lowest, highest }: Spread, unit: string): string[] {
  return [median.toFixed(2), unit, `${lowest.toFixed(2)} to ${highest.toFixed(2)}`];
}

function scaled({ median, lowest, highest }: Spread, factor: number): Spread {
  return { median: factor * median, lowest: factor * lowest, highest: factor * highest };
}
