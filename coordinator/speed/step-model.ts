// Pure: how long a step of a cluster takes, from what its parts take. The coordinator owns a link that all nodes share, and one
// thread that hands out, takes in, adds and commits.
//
// The coordinator hands the parameters to one node after the other. What it has handed out shares its link; half the round trip
// later a node has it, takes it in, computes its blocks (one thread a block) and sends each as a message. These share the link
// the other way. The coordinator takes them in one after the other, and when the last is there it adds them and applies Adam.

import { type BlockAddress, shardsOfBlock } from '../../src/tree.ts';
import { assign } from '../step/assign.ts';

// Tree nodes travel without their rows of zeros, and parameters packed where the caller says so: then the coordinator packs them
// once, and each node unpacks them.

/** Milliseconds. A vector is all parameters, or all of a gradient: the payload of a message, where it is not packed. */
export interface StepCosts {
  /** The coordinator: handing a vector to a node, and taking one in. */
  readonly giveMs: number;
  readonly takeMs: number;
  /** A node: for each message that comes or goes, and for a vector of bytes in it, which may pass while others are on the link. */
  readonly messageMs: number;
  readonly vectorMs: number;
  readonly commit: { readonly fixedMs: number; readonly treeNodeMs: number };
  /** Parameters: which part of a vector they are, packed, and what packing once and unpacking at a node take. */
  readonly packing: { readonly share: number; readonly packMs: number; readonly unpackMs: number };
  /** Which part of a vector a tree node of so many samples is as it is sent; in order, one or more. */
  readonly treeNodeShares: readonly { readonly samples: number; readonly share: number }[];
  /** A tree node on one thread. */
  readonly block: { readonly fixedMs: number; readonly shardMs: number; readonly sampleMs: number };
  /** How much longer a thread takes where so many compute at once, 1 or more; the last for all larger numbers. */
  readonly slowdown: readonly { readonly threads: number; readonly factor: number }[];
}

export interface Link {
  /** Vectors that pass in a millisecond; Infinity: the link takes no time. */
  readonly vectorsPerMs: number;
  readonly roundTripMs: number;
}

export interface Crew {
  readonly nodes: number;
  /** Of each node. */
  readonly threads: number;
  /** The coordinator's own, which need no link; 0: it computes nothing. */
  readonly localThreads: number;
}

export interface Batch {
  readonly batchSize: number;
  readonly shards: number;
}

export interface StepTime {
  readonly ms: number;
  /** Nodes that are given something. */
  readonly givenNodes: number;
  /** Tree nodes that come over the link. */
  readonly messages: number;
  /** Vectors' worth of bytes that the coordinator sends and receives. */
  readonly sentVectors: number;
  readonly receivedVectors: number;
  /** Whether parameters are packed. */
  readonly packed: boolean;
  /** Tree nodes that are added, the coordinator's own among them. */
  readonly treeNodes: number;
  /** The longest that any worker computes. */
  readonly computeMs: number;
  /** Threads of a node that compute at once, at the most. */
  readonly busyThreads: number;
}

export function stepTime(costs: StepCosts, link: Link, crew: Crew, batch: Batch, packed = false): StepTime {
  const shares = sharesOf(crew, batch.shards);
  const own = crew.localThreads === 0 ? [] : (shares.get(0) ?? []);
  const given = [...shares].filter(([worker]) => worker > 0).map(([, blocks]) => blocks);
  const computing = given.map((blocks) => computeMs(costs, blocks, crew.threads, batch));
  const ownMs = computeMs(costs, own, crew.localThreads, batch);
  const oneWayMs = link.roundTripMs / 2;
  const rates = { link: link.vectorsPerMs, flow: 1 / costs.vectorMs };

  const { packMs, unpackMs, share } = packed ? costs.packing : { packMs: 0, unpackMs: 0, share: 1 };
  const handed = given.map((_, i) => ({ from: packMs + (i + 1) * costs.giveMs, vectors: 1, size: share }));
  const arrived = new Array<number>(given.length).fill(0);
  for (const { flow, atMs } of passed(handed, rates)) {
    arrived[flow] = atMs + oneWayMs + costs.messageMs + unpackMs;
  }

  const answers = given.map((blocks, i) => {
    const from = arrived[i]! + computing[i]! + costs.messageMs;
    return { from, vectors: blocks.length, size: meanShare(costs, blocks, batch) };
  });
  let freeMs = (given.length === 0 ? 0 : packMs) + given.length * costs.giveMs;
  for (const { atMs } of passed(answers, rates)) freeMs = Math.max(freeMs, atMs + oneWayMs) + costs.takeMs;

  const messages = given.reduce((sum, blocks) => sum + blocks.length, 0);
  const treeNodes = messages + own.length;
  const commitMs = costs.commit.fixedMs + treeNodes * costs.commit.treeNodeMs;
  return {
    ms: Math.max(freeMs, ownMs) + commitMs,
    givenNodes: given.length,
    messages,
    sentVectors: given.length * share,
    receivedVectors: answers.reduce((sum, { vectors, size }) => sum + vectors * size, 0),
    packed,
    treeNodes,
    computeMs: Math.max(ownMs, ...computing),
    busyThreads: Math.max(0, ...given.map((blocks) => Math.min(crew.threads, blocks.length))),
  };
}

/** Of equally fast workers; the coordinator's own threads are worker 0. */
function sharesOf({ nodes, threads, localThreads }: Crew, shards: number): Map<number, BlockAddress[]> {
  const remote = Array.from({ length: nodes }, (_, i) => ({ workerId: i + 1, weight: threads }));
  return assign(shards, localThreads === 0 ? remote : [{ workerId: 0, weight: localThreads }, ...remote]);
}

/** Each block is one thread's work, and goes to the thread that is free first. */
function computeMs(costs: StepCosts, blocks: readonly BlockAddress[], threads: number, batch: Batch): number {
  const busy = Math.min(threads, blocks.length);
  if (busy === 0) return 0;
  const free = new Array<number>(busy).fill(0);
  for (const block of blocks) {
    const next = free.indexOf(Math.min(...free));
    free[next]! += blockMs(costs, block, batch) * slowdownOf(costs, busy);
  }
  return Math.max(...free);
}

function blockMs({ block }: StepCosts, address: BlockAddress, { batchSize, shards }: Batch): number {
  const { first, end } = shardsOfBlock(address);
  return block.fixedMs + (end - first) * (block.shardMs + (batchSize / shards) * block.sampleMs);
}

/** Of the tree nodes of a share. */
function meanShare(costs: StepCosts, blocks: readonly BlockAddress[], { batchSize, shards }: Batch): number {
  const shares = blocks.map((block) => {
    const { first, end } = shardsOfBlock(block);
    return shareOf(costs.treeNodeShares, ((end - first) * batchSize) / shards);
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** Between two that were measured on the line over the samples' logarithm, and beyond them as they are. */
function shareOf(known: StepCosts['treeNodeShares'], samples: number): number {
  const above = known.findIndex((one) => one.samples >= samples);
  if (above === -1) return known.at(-1)!.share;
  const [low, high] = [known[Math.max(0, above - 1)]!, known[above]!];
  if (low === high) return high.share;
  const way = Math.log(samples / low.samples) / Math.log(high.samples / low.samples);
  return low.share + way * (high.share - low.share);
}

function slowdownOf({ slowdown }: Pick<StepCosts, 'slowdown'>, threads: number): number {
  const known = slowdown.filter((one) => one.threads <= threads);
  return known.at(-1)?.factor ?? 1;
}

interface Flow {
  /** When its first vector is there to be sent; each further one follows when the one before has passed. */
  readonly from: number;
  readonly vectors: number;
  /** Of each, 1 for one that is not packed. */
  readonly size?: number;
}

/**
 * When each vector has passed a link that all flows share equally, as TCP's do: none faster than `flow` vectors a millisecond, all
 * together no faster than `link`. In the order of their passing.
 */
export function passed(
  flows: readonly Flow[],
  rates: { readonly link: number; readonly flow: number },
): { readonly flow: number; readonly atMs: number }[] {
  const done: { flow: number; atMs: number }[] = [];
  const left = flows.map(({ vectors }) => vectors);
  const rest = flows.map(({ size = 1 }) => size);
  let nowMs = 0;
  for (;;) {
    const open = [...flows.keys()].filter((flow) => left[flow]! > 0);
    if (open.length === 0) return done;
    const active = open.filter((flow) => flows[flow]!.from <= nowMs);
    const nextMs = Math.min(...open.filter((flow) => flows[flow]!.from > nowMs).map((flow) => flows[flow]!.from));
    if (active.length === 0) {
      nowMs = nextMs;
      continue;
    }
    const rate = Math.min(rates.link / active.length, rates.flow);
    const soonest = Math.min(...active.map((flow) => rest[flow]!));
    const takesMs = rate === Number.POSITIVE_INFINITY ? 0 : soonest / rate;
    const passes = nowMs + takesMs <= nextMs;
    const share = passes ? soonest : (nextMs - nowMs) * rate;
    nowMs = passes ? nowMs + takesMs : nextMs;
    for (const flow of active) {
      // those that pass together do so exactly, whatever was subtracted from them
      const over = passes && rest[flow]! - share <= 1e-9;
      rest[flow] = over ? (flows[flow]!.size ?? 1) : rest[flow]! - share;
      if (!over) continue;
      left[flow]!--;
      done.push({ flow, atMs: nowMs });
    }
  }
}
