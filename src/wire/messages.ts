// The messages of PROTOCOL.md, typed, by direction. Types only: reading and checking is done by read-node-message.ts and
// read-coordinator-message.ts, once, at the door. A `payload` is what travels behind the header, as raw bytes.

import type { SplitName } from '../engine.ts';
import type { BlockAddress } from '../tree.ts';
import type { Plain } from './codec.ts';

/** Sums over samples, as they travel. */
export interface WireSums {
  /** Float64. Not finite when the gradient is not: that is judged by the step, not by the door. */
  readonly lossSum: number;
  readonly correctCount: number;
  readonly sampleCount: number;
}

// Node to coordinator.

export interface Hello {
  readonly type: 'hello';
  readonly protocolVersion: number;
  /** Version of the program, e.g. 0.2.0. */
  readonly programVersion: string;
  /** Version of the arithmetic (src/numerics.ts). */
  readonly numerics: number;
  /** The engine that will compute: the one the coordinator named at the upgrade. */
  readonly engine: string;
  /** SHA-256 (hex) of the engine's answer to the fixed small network of the self-test. */
  readonly selfTest: string;
  /** For logs only; need not be unique. */
  readonly name: string;
  /** Computing threads. */
  readonly threads: number;
  /** Whether it computes with wide vectors: for whoever watches. */
  readonly wide: boolean;
  /** Port of the node's own metrics, at the address that it connects from; null if it has none there. */
  readonly metricsPort: number | null;
  /** Which process of a launch it is, 1 or more; null: no launcher started it. */
  readonly rank: number | null;
}

interface NeedData {
  readonly type: 'need-data';
}

interface Ready {
  readonly type: 'ready';
}

/** One block of an attempt, computed. Each block of an attempt is answered once, in any order. */
export interface TreeNode extends WireSums {
  readonly type: 'tree-node';
  readonly epoch: number;
  readonly step: number;
  readonly attempt: number;
  readonly level: number;
  readonly index: number;
  /** Node's own milliseconds since it began the attempt or sent the attempt's last answer: they add up to its total. */
  readonly computeMs: number;
  /** Without its rows of zeros. */
  readonly packed: boolean;
  /** Float32 values of the gradient sum, in kernel order; or these, packed (live-rows.ts), which is shorter. */
  readonly payload: Uint8Array;
}

export interface PartSums extends WireSums {
  readonly part: number;
}

/** Parts of an evaluation attempt, computed. Each part is answered once, in any order and any grouping. */
export interface Evaluated {
  readonly type: 'evaluated';
  readonly epoch: number;
  readonly step: number;
  readonly split: SplitName;
  readonly attempt: number;
  /** As in TreeNode. */
  readonly computeMs: number;
  readonly parts: readonly PartSums[];
}

/** The engine could not compute an attempt; no more answers of it will come. */
export interface AttemptFailed {
  readonly type: 'attempt-failed';
  readonly attempt: number;
  readonly reason: string;
}

/** A sign of life, from either end. */
interface Heartbeat {
  readonly type: 'heartbeat';
}

/** From a node: give me nothing more, I answer what I hold. From the coordinator: nothing more will come. */
interface Goodbye {
  readonly type: 'goodbye';
  readonly reason: string;
}

export type NodeMessage = Hello | NeedData | Ready | TreeNode | Evaluated | AttemptFailed | Heartbeat | Goodbye;

// Coordinator to node.

export interface Welcome {
  readonly type: 'welcome';
  /** Stable for this connection, never reused within the run. */
  readonly workerId: number;
  /** The run's name. */
  readonly run: string;
  /** What shapes the run: plain data, for the node to check as its own configuration. */
  readonly configuration: { readonly [key: string]: Plain };
  readonly dataDigest: string;
  /** Length of the dataset's bytes. */
  readonly dataBytes: number;
  /** Float32 values of parameters and gradients in kernel order, padding included. */
  readonly valueCount: number;
  /** The node sends a heartbeat at least so often, and so does the coordinator. */
  readonly heartbeatIntervalMs: number;
  /** A coordinator that was silent for so long is given up. Longer: its pauses are forgiven. */
  readonly coordinatorTimeoutMs: number;
}

/** The next piece of the dataset; pieces come in order. */
export interface Data {
  readonly type: 'data';
  readonly offset: number;
  readonly total: number;
  readonly payload: Uint8Array;
}

/** What `step` and `evaluate` share. */
interface Task {
  /** 0-based. */
  readonly epoch: number;
  /** Steps committed since the start of the run: the parameters are those that step `step` reads. */
  readonly step: number;
  /** Never reused within the run. */
  readonly attempt: number;
  readonly blocks: readonly BlockAddress[];
  /** The step against whose parameters these are packed, always the one before; null: they are not, or there are none. */
  readonly base: number | null;
  /**
   * Float32 parameters in kernel order; or these, packed (top-bytes.ts), which is shorter; empty when the last ones that the node was
   * sent are those of this step.
   */
  readonly payload: Uint8Array;
}

/** Compute these tree nodes of this step. */
export interface Step extends Task {
  readonly type: 'step';
  /** The step's place in its epoch, 0-based. Not to be worked out: earlier epochs may have had another length. */
  readonly stepInEpoch: number;
}

/** Evaluate these parts of a split; blocks are over part numbers. The epoch addresses a validation split's augmentation. */
export interface Evaluate extends Task {
  readonly type: 'evaluate';
  readonly split: SplitName;
}

/** The last of a run: how the coordinator's process ends. Who was started together with it ends with the same exit code. */
interface Outcome {
  readonly type: 'outcome';
  readonly exitCode: number;
}

export type CoordinatorMessage = Welcome | Data | Step | Evaluate | Heartbeat | Goodbye | Outcome;
