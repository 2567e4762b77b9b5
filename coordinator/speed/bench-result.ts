// What `lockstep bench` measured of a machine, as it stands in its JSON: the form, and the check of what is read. Pure.

import * as v from 'valibot';
import { engineNames } from '../../src/engine.ts';

/** Raised when fields change their meaning: results of two forms are not compared. */
const FORMAT = 2;

// Bounds that no machine comes near, within which all that is worked out of the figures is finite.
const MOST = 1e15;
const LEAST_RATE = 1e-3;

const amount = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(MOST));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const atLeastOne = v.pipe(count, v.minValue(1));

/** Is shown as it is. */
const text = v.pipe(v.string(), v.regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, 'Invalid text: it has control characters'));

/** Of the rounds. */
const spread = v.object({ median: amount, lowest: amount, highest: amount });
export type Spread = v.InferOutput<typeof spread>;
const figure = v.pipe(amount, v.minValue(LEAST_RATE));
const rate = v.object({ median: figure, lowest: figure, highest: figure });

const machine = v.object({
  processor: text,
  /** That the process may use. */
  cores: atLeastOne,
  platform: text,
  arch: text,
  node: text,
  v8: text,
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
  data: v.nullable(text),
});

const stage = v.object({ name: text, microsecondsASample: spread });
/** A tree node of so many shards, one thread; and its bytes as a node sends it, without rows of zeros where that is shorter. */
const block = v.object({
  ...{ batchSize: atLeastOne, shards: atLeastOne, samples: amount },
  milliseconds: spread,
  bytes: atLeastOne,
});
/** What a sample takes is told by them (coordinator/speed/constants.ts). */
function hasTwoBatches(blocks: readonly { readonly shards: number; readonly samples: number }[]): boolean {
  const most = Math.max(...blocks.map(({ shards }) => shards));
  return new Set(blocks.filter(({ shards }) => shards === most).map(({ samples }) => samples)).size > 1;
}

/** Reduction and Adam over so many tree nodes, one thread. */
const commit = v.object({ treeNodes: atLeastOne, milliseconds: spread });
/** A step's parameters packed against those of the step before. */
const parameters = v.object({ bytes: atLeastOne, packMilliseconds: spread, unpackMilliseconds: spread });
const threads = v.object({ threads: atLeastOne, batchSize: atLeastOne, samplesPerSecond: rate });

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
  samplesPerSecond: v.nullable(rate),
  why: v.optional(v.string()),
});

const fields = v.object({
  format: v.literal(FORMAT),
  program: text,
  date: text,
  machine,
  options,
  network: v.object({ widths: v.array(atLeastOne), parameters: atLeastOne, vectorBytes: atLeastOne }),
  rounds: atLeastOne,
  seconds: amount,
  /** Before what is measured; not in `rounds`. */
  warmUpSeconds: amount,
  /** Mean number of processes that ran or waited in the last minute, before and after; 0 where the system does not tell. */
  load: v.object({ before: amount, after: amount }),
  kernels: v.object({
    stages: v.array(stage),
    blocks: v.pipe(
      v.array(block),
      v.check((all) => hasTwoBatches(all), 'whole batches of two sizes are needed'),
    ),
    commits: v.pipe(v.array(commit), v.minLength(1)),
    parameters,
  }),
  threads: v.pipe(v.array(threads), v.minLength(1)),
  cluster: v.object({
    /** Of the network that was asked for; the first has one node. */
    asked: v.pipe(v.array(cluster), v.minLength(1)),
    /** Of a network of another size: by both one tells what a byte costs from what a message costs. */
    other: cluster,
  }),
  engines: v.array(engine),
});

const benchResult = v.pipe(
  fields,
  v.check(
    ({ threads: rows, options: { batchSize } }) => rows.some((row) => row.batchSize === batchSize),
    'no rate of threads is of the batch size that was asked for',
  ),
);
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
