// What `lockstep bench` measured -> the constants of the model of a step. Nothing else goes into them. Pure.

import type { BenchResult, ClusterFigures } from './bench-result.ts';
import type { StepCosts } from './step-model.ts';

/** A machine that trains alone, on so many threads: a step takes fixedMs + samples * sampleMs. */
export interface AloneCosts {
  readonly threads: number;
  readonly fixedMs: number;
  readonly sampleMs: number;
}

export interface Constants {
  readonly vectorBytes: number;
  readonly costs: StepCosts;
  readonly alone: readonly AloneCosts[];
}

export function constantsOf(bench: BenchResult): Constants {
  const { kernels, threads, network } = bench;
  const one = oneNode(bench);
  return {
    vectorBytes: network.vectorBytes,
    costs: {
      ...messageCosts(one, bench.cluster.other),
      packing: packingCosts(bench),
      treeNodeShares: treeNodeShares(bench),
      commit: commitCosts(kernels.commits, one),
      block: blockCosts(kernels.blocks),
      slowdown: slowdowns(threads, bench.options.batchSize),
    },
    alone: aloneCosts(threads),
  };
}

function oneNode({ cluster }: BenchResult): ClusterFigures {
  return cluster.asked.find(({ nodes }) => nodes === 1) ?? cluster.asked[0]!;
}

/**
 * What each tree node more costs is the kernels'; the rest is that of a step of the run with one node, which sends one, since there
 * the sockets have used the caches as well.
 */
function commitCosts(commits: BenchResult['kernels']['commits'], one: ClusterFigures): StepCosts['commit'] {
  const ordered = bySize(commits, ({ treeNodes }) => treeNodes);
  const [few, many] = [ordered[0]!, ordered.at(-1)!];
  const { slope } = line([few.treeNodes, few.milliseconds.median], [many.treeNodes, many.milliseconds.median]);
  return { fixedMs: Math.max(0, one.commitMs.median - slope), treeNodeMs: slope };
}

/**
 * By three blocks: a whole batch of two sizes tells what a sample takes, one shard of the same batch what a shard takes besides.
 */
function blockCosts(blocks: BenchResult['kernels']['blocks']): StepCosts['block'] {
  const [small, large] = bySize(
    blocks.filter(({ shards }) => shards === Math.max(...blocks.map((block) => block.shards))),
    ({ samples }) => samples,
  );
  const { slope: sampleMs, fixed } = line(
    [small!.samples, small!.milliseconds.median],
    [large!.samples, large!.milliseconds.median],
  );
  const single = blocks.find(({ shards, batchSize }) => shards === 1 && batchSize === small!.batchSize);
  if (single === undefined || small!.shards === 1) return { fixedMs: fixed, shardMs: 0, sampleMs };
  const ofOne = Math.max(0, single.milliseconds.median - single.samples * sampleMs);
  const { slope: shardMs, fixed: fixedMs } = line([1, ofOne], [small!.shards, fixed]);
  return { fixedMs, shardMs, sampleMs };
}

/** By steps of one node and of two networks: what both have in common a message costs whatever its length. */
function messageCosts(one: ClusterFigures, other: ClusterFigures) {
  const { giveMs, takeMs, nodeMs } = shareOf(one);
  const node = line([messageBytes(one), nodeMs], [messageBytes(other), shareOf(other).nodeMs]);
  // one message comes and one goes
  return { giveMs, takeMs, messageMs: node.fixed / 2, vectorMs: (node.slope * one.vectorBytes) / 2 };
}

/** Of a step's messages with one node, of which one comes and one goes: the tree node may be packed. */
function messageBytes({ sentBytes, receivedBytes }: ClusterFigures): number {
  return (sentBytes + receivedBytes) / 2;
}

function packingCosts({ kernels: { parameters }, network }: BenchResult): StepCosts['packing'] {
  const { bytes, packMilliseconds: pack, unpackMilliseconds: unpack } = parameters;
  return { share: bytes / network.vectorBytes, packMs: pack.median, unpackMs: unpack.median };
}

function treeNodeShares({ kernels: { blocks }, network }: BenchResult): StepCosts['treeNodeShares'] {
  return bySize(blocks, ({ samples }) => samples).map(({ samples, bytes }) => {
    return { samples, share: bytes / network.vectorBytes };
  });
}

/**
 * Of a step with one node: what the coordinator hands out and takes in, and what is left for the node and the ways. The
 * coordinator's processor time is what it is on a busy machine as well, and bounds what its clock says of handing out.
 */
function shareOf({ stepMs, computeMs, commitMs, giveMs, coordinatorCpuMs }: ClusterFigures) {
  const messagesMs = Math.max(0, coordinatorCpuMs.median - commitMs.median);
  const give = Math.min(giveMs.median, messagesMs);
  const rest = stepMs.median - computeMs.median - commitMs.median - messagesMs;
  return { giveMs: give, takeMs: messagesMs - give, nodeMs: Math.max(0, rest) };
}

function slowdowns(rows: BenchResult['threads'], batchSize: number): StepCosts['slowdown'] {
  const rates = bySize(
    rows.filter((row) => row.batchSize === batchSize),
    ({ threads }) => threads,
  );
  const first = rates[0]!;
  const oneThread = first.samplesPerSecond.median / first.threads;
  return rates.map(({ threads, samplesPerSecond: { median } }) => {
    return { threads, factor: Math.max(1, (threads * oneThread) / median) };
  });
}

function aloneCosts(rows: BenchResult['threads']): AloneCosts[] {
  const counts = [...new Set(rows.map(({ threads }) => threads))].toSorted((a, b) => a - b);
  return counts.map((threads) => {
    const own = bySize(
      rows.filter((row) => row.threads === threads),
      ({ batchSize }) => batchSize,
    );
    const points = own.map(({ batchSize, samplesPerSecond }): [number, number] => {
      return [batchSize, (1000 * batchSize) / samplesPerSecond.median];
    });
    const { slope, fixed } = line(points[0]!, points.at(-1)!);
    return { threads, fixedMs: fixed, sampleMs: slope };
  });
}

/**
 * The line through two points, neither part of which is negative: where noise would make one so, it is the line through the larger
 * point and either nothing or the smaller one's height.
 */
function line(a: readonly [number, number], b: readonly [number, number]): { slope: number; fixed: number } {
  const [[x0, y0], [x1, y1]] = a[0] <= b[0] ? [a, b] : [b, a];
  if (x0 === x1) return { slope: 0, fixed: y1 };
  const slope = (y1 - y0) / (x1 - x0);
  if (slope <= 0) return { slope: 0, fixed: Math.max(y0, y1) };
  const fixed = y0 - slope * x0;
  return fixed < 0 ? { slope: y1 / x1, fixed: 0 } : { slope, fixed };
}

function bySize<T>(rows: readonly T[], size: (row: T) => number): T[] {
  return rows.toSorted((a, b) => size(a) - size(b));
}
