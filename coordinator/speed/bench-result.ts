// What `lockstep bench` measured of a machine, as it stands in its JSON: the form, and the check of what is read. Pure.

import * as v from 'valibot';
import { engineNames } from '../../src/engine.ts';

/** Raised when fields change their meaning: results of two forms are not compared. */
const FORMAT = 2;

const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const atLeastOne = v.pipe(count, v.minValue(1));

/** Of the rounds. */
const spread = v.object({ median: amount, lowest: amount, highest: amount });
export type Spread = v.InferOutput<typeof spread>;

const machine = v.object({
  processor: v.string(),
  /** That the process may use. */
  cores: atLeastOne,
  platform: v.string(),
  arch: v.string(),
  node: v.string(),
  v8: v.string(),
});

/** What was asked for. */
const options = v.object({
  hidden: v.array(atLeastOne),
  batchSize: atLeastOne,
  shards: atLeastOne,
  engine: v.picklist(engineNames),
  wide: v.boolean(),
  /** The most that were measured. */
  threads: atLeastOne,
  /** Folder of the images; null: generated ones. */
  data: v.nullable(v.string()),
});

const stage = v.object({ name: v.string(), microsecondsASample: spread });
/** A tree node of so many shards, one thread; and its bytes as a node sends it, without rows of zeros where that is shorter. */
const block = v.object({
  ...{ batchSize: atLeastOne, shards: atLeastOne, samples: amount },
  milliseconds: spread,
  bytes: atLeastOne,
});
/** Reduction and Adam over so many tree nodes, one thread. */
const commit = v.object({ treeNodes: atLeastOne, milliseconds: spread });
/** A step's parameters packed against those of the step before. */
const parameters = v.object({ bytes: atLeastOne, packMilliseconds: spread, unpackMilliseconds: spread });
const threads = v.object({ threads: atLeastOne, batchSize: atLeastOne, samplesPerSecond: spread });

/** A coordinator that computes nothing, and nodes of one thread, on loopback. Times are of a step. */
const cluster = v.object({
  nodes: atLeastOne,
  hidden: v.array(atLeastOne),
  batchSize: atLeastOne,
  /** Of parameters, and of a tree node. */
  vectorBytes: atLeastOne,
  stepMs: spread,
  /** By the clock of the node that took longest. */
  computeMs: spread,
  commitMs: spread,
  /** Handing the step to all nodes. */
  giveMs: spread,
  /** Processor time of the whole process of the coordinator. */
  coordinatorCpuMs: spread,
  sentBytes: amount,
  receivedBytes: amount,
});
export type ClusterFigures = v.InferOutput<typeof cluster>;

const engine = v.object({
  name: v.picklist(engineNames),
  /** One thread; null: it is not to be had here. */
  samplesPerSecond: v.nullable(spread),
  why: v.optional(v.string()),
});

const benchResult = v.object({
  format: v.literal(FORMAT),
  program: v.string(),
  date: v.string(),
  machine,
  options,
  network: v.object({ widths: v.array(atLeastOne), parameters: atLeastOne, vectorBytes: atLeastOne }),
  rounds: atLeastOne,
  seconds: amount,
  /** Before what is measured; not in `rounds`. */
  warmUpSeconds: amount,
  /** Mean number of processes that ran or waited in the last minute, before and after; 0 where the system does not tell. */
  load: v.object({ before: amount, after: amount }),
  kernels: v.object({ stages: v.array(stage), blocks: v.array(block), commits: v.array(commit), parameters }),
  threads: v.pipe(v.array(threads), v.minLength(1)),
  cluster: v.object({
    /** Of the network that was asked for; the first has one node. */
    asked: v.pipe(v.array(cluster), v.minLength(1)),
    /** Of a network of another size: by both one tells what a byte costs from what a message costs. */
    other: cluster,
  }),
  engines: v.array(engine),
});
export type BenchResult = v.InferOutput<typeof benchResult>;

export const format = FORMAT;

/** What stands in a file that is to be a result, checked; or why it is none, to follow "it". */
export function benchResultOf(text: string): BenchResult | { readonly why: string } {
  let value: unknown;
  try {
    // what --json prints is the last line of what may be more
    value = JSON.parse(text.trimEnd().split('\n').at(-1)!);
  } catch {
    try {
      value = JSON.parse(text);
    } catch {
      return { why: 'is not JSON' };
    }
  }
  const read = v.safeParse(benchResult, value);
  if (read.success) return read.output;
  const [issue] = read.issues;
  const path = v.getDotPath(issue) ?? 'it';
  const other = path === 'format' && typeof issue.input === 'number';
  if (other) return { why: `is a result of form ${issue.input}, and this program has form ${FORMAT}` };
  return { why: `is no result of lockstep bench --json: ${path}: ${issue.message}` };
}

/** Of measurements, at least one. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, lowest: sorted[0]!, highest: sorted.at(-1)! };
}
