// From a machine's constants and a cluster that is thought of to its rate, to what limits it, and to whether a further machine
// pays. Pure.

import { formFor, linkDefaults } from '../step/parameter-form.ts';
import type { AloneCosts, Constants } from './constants.ts';
import { type Batch, type Crew, type Link, type StepCosts, type StepTime, stepTime } from './step-model.ts';

export interface Asked {
  readonly nodes: number;
  readonly threads: number;
  readonly batchSize: number;
  readonly shards: number;
  /** Of the link of the coordinator, and of each node. */
  readonly bytesPerSecond: number;
  readonly roundTripMs: number;
}

/** What a step's time may go to. */
const resources = ['computing', 'link', 'latency', 'coordinator', 'nodes'] as const;
export type Resource = (typeof resources)[number];

export interface Rate {
  readonly stepMs: number;
  readonly samplesPerSecond: number;
}

/** How often a part comes in a step; parts of several nodes overlap, so that they do not add up to the step. */
interface Part {
  readonly name: string;
  readonly resource: Resource;
  readonly eachMs: number;
  readonly times: number;
}

export interface Plan extends Rate {
  readonly step: StepTime;
  /** Of one step, by the coordinator, headers not counted. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly parts: readonly Part[];
  /** What a step would take if a resource took no time. */
  readonly without: Readonly<Record<Resource, number>>;
  /** The one without which a step would be shortest. */
  readonly limit: Resource;
  readonly byNodes: readonly (Rate & { readonly nodes: number; readonly limit: Resource })[];
  /** One machine that trains by itself, on as many threads. */
  readonly alone: Rate;
  /** That machine as the coordinator, with its own threads, and one node beside it. */
  readonly second: Rate & { readonly pays: boolean; readonly paysFromBatch: number | null };
  /** One node more than there are. */
  readonly further: Rate & { readonly pays: boolean; readonly paysFromBatch: number | null };
}

/**
 * What is left of a link for payload: 1,448 bytes of each packet that takes the wire for as long as 1,538 would (Ethernet with its
 * gaps, IPv4, and TCP with time stamps).
 */
export const PAYLOAD_SHARE = 1448 / 1538;

/** The largest that --batch-size takes. */
const MOST_BATCH = 65_536;
const MOST_NODES_SHOWN = 64;

export function planOf(constants: Constants, asked: Asked): Plan {
  const { costs, vectorBytes } = constants;
  const { nodes, threads, batchSize, shards, roundTripMs } = asked;
  const link = linkOf(asked, vectorBytes);
  const crew = { nodes, threads, localThreads: 0 };
  const stepOf = formed(vectorBytes);
  const step = stepOf(costs, link, crew, asked);
  const rateOf = (other: Crew, size = batchSize) => {
    return rate(stepOf(costs, link, other, { batchSize: size, shards }).ms, size);
  };
  const withSecond = { nodes: 1, threads, localThreads: threads };
  const alone = (size: number) => rate(aloneMs(constants.alone, threads, size), size);
  const secondPays = (size: number) => rateOf(withSecond, size).samplesPerSecond > alone(size).samplesPerSecond;
  const oneMore = { ...crew, nodes: nodes + 1 };
  const moreThanThese = (size: number) => rateOf(oneMore, size).samplesPerSecond > rateOf(crew, size).samplesPerSecond;
  const without = withoutEach(stepOf, costs, link, crew, asked);
  return {
    ...rate(step.ms, batchSize),
    step,
    sentBytes: step.sentVectors * vectorBytes,
    receivedBytes: step.receivedVectors * vectorBytes,
    parts: partsOf(costs, link, step, roundTripMs),
    without,
    limit: limitOf(without),
    byNodes: nodeCounts(nodes).map((count) => {
      const some = { ...crew, nodes: count };
      return { nodes: count, ...rateOf(some), limit: limitOf(withoutEach(stepOf, costs, link, some, asked)) };
    }),
    alone: alone(batchSize),
    second: { ...rateOf(withSecond), pays: secondPays(batchSize), paysFromBatch: firstBatch(shards, secondPays) },
    further: { ...rateOf(oneMore), pays: moreThanThese(batchSize), paysFromBatch: firstBatch(shards, moreThanThese) },
  };
}

type StepOf = (costs: StepCosts, link: Link, crew: Crew, batch: Batch) => StepTime;

/** Steps in the form that the coordinator chooses: by how fast the link looks, of parameters that are not packed. */
function formed(vectorBytes: number): StepOf {
  return (costs, link, crew, batch) => {
    const plain = stepTime(costs, link, crew, batch);
    if (plain.givenNodes === 0) return plain;
    const commitMs = costs.commit.fixedMs + plain.treeNodes * costs.commit.treeNodeMs;
    const waitMs = plain.ms - plain.computeMs - commitMs;
    const bytes = ((plain.sentVectors + plain.receivedVectors) * vectorBytes) / plain.givenNodes;
    return formFor((1000 * bytes) / waitMs, false, linkDefaults) ? stepTime(costs, link, crew, batch, true) : plain;
  };
}

function linkOf({ bytesPerSecond, roundTripMs }: Asked, vectorBytes: number): Link {
  return { vectorsPerMs: (bytesPerSecond * PAYLOAD_SHARE) / 1000 / vectorBytes, roundTripMs };
}

function rate(stepMs: number, batchSize: number): Rate {
  return { stepMs, samplesPerSecond: (1000 * batchSize) / stepMs };
}

/** Threads that were not measured are as good as the largest smaller number that was: a number of threads more, so much faster. */
function aloneMs(alone: readonly AloneCosts[], threads: number, batchSize: number): number {
  const known = alone.filter((one) => one.threads <= threads).at(-1) ?? alone[0]!;
  return ((known.fixedMs + batchSize * known.sampleMs) * known.threads) / threads;
}

function withoutEach(stepOf: StepOf, costs: StepCosts, link: Link, crew: Crew, asked: Asked): Record<Resource, number> {
  const asItIs = stepOf(costs, link, crew, asked).ms;
  // nodes that are served one after the other share the link less than nodes that are served together: a little may be lost
  const ms = (change: Partial<StepCosts>, other: Partial<Link> = {}) =>
    Math.min(asItIs, stepOf({ ...costs, ...change }, { ...link, ...other }, crew, asked).ms);
  return {
    computing: ms({ block: { fixedMs: 0, shardMs: 0, sampleMs: 0 } }),
    link: ms({}, { vectorsPerMs: Number.POSITIVE_INFINITY }),
    latency: ms({}, { roundTripMs: 0 }),
    coordinator: ms({
      giveMs: 0,
      takeMs: 0,
      commit: { fixedMs: 0, treeNodeMs: 0 },
      packing: { ...costs.packing, packMs: 0 },
    }),
    nodes: ms({ messageMs: 0, vectorMs: 0, packing: { ...costs.packing, unpackMs: 0 } }),
  };
}

function limitOf(without: Readonly<Record<Resource, number>>): Resource {
  return resources.reduce((best, one) => (without[one] < without[best] ? one : best));
}

function partsOf(costs: StepCosts, link: Link, step: StepTime, roundTripMs: number): Part[] {
  const { givenNodes, messages, treeNodes, packed, sentVectors, receivedVectors } = step;
  const { packMs, unpackMs } = costs.packing;
  const vectorMs = 1 / link.vectorsPerMs;
  const each = (vectors: number, times: number) => (times === 0 ? 0 : (vectors / times) * vectorMs);
  const { fixedMs, treeNodeMs } = costs.commit;
  const handling = costs.messageMs + costs.vectorMs;
  const packing: Part[] = [
    { name: 'pack the parameters', resource: 'coordinator', eachMs: packMs, times: 1 },
    { name: 'unpack the parameters', resource: 'nodes', eachMs: unpackMs, times: givenNodes },
  ];
  return [
    ...(packed ? packing : []),
    { name: 'hand the parameters to a node', resource: 'coordinator', eachMs: costs.giveMs, times: givenNodes },
    { name: 'parameters on the link', resource: 'link', eachMs: each(sentVectors, givenNodes), times: givenNodes },
    { name: 'there and back', resource: 'latency', eachMs: roundTripMs, times: givenNodes === 0 ? 0 : 1 },
    { name: 'a message at a node', resource: 'nodes', eachMs: handling, times: givenNodes + messages },
    { name: 'compute the largest share', resource: 'computing', eachMs: step.computeMs, times: 1 },
    { name: 'tree nodes on the link', resource: 'link', eachMs: each(receivedVectors, messages), times: messages },
    { name: 'take in a tree node', resource: 'coordinator', eachMs: costs.takeMs, times: messages },
    { name: 'add them, and Adam', resource: 'coordinator', eachMs: fixedMs + treeNodes * treeNodeMs, times: 1 },
  ];
}

/** 1, 2, 4 and so on, and what was asked for. */
function nodeCounts(nodes: number): number[] {
  const powers = Array.from({ length: 16 }, (_, power) => 2 ** power);
  return [...new Set([...powers.filter((count) => count < nodes && count <= MOST_NODES_SHOWN), nodes])];
}

/** The smallest, of the shards times powers of two, from which on it holds for all larger ones. */
function firstBatch(shards: number, holds: (batchSize: number) => boolean): number | null {
  let first: number | null = null;
  for (let size = 2 ** Math.floor(Math.log2(MOST_BATCH / shards)) * shards; size >= shards; size /= 2) {
    if (!holds(size)) return first;
    first = size;
  }
  return first;
}
