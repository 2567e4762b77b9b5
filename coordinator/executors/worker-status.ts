// What can be seen of a run by whoever watches it: its workers and the counts of what happened, as a snapshot that is asked
// for, and the times of phases, which are told. Types and their empty values only; knows neither metrics nor pages.

import type { EvictionReason } from '../../src/run/cluster-event.ts';

export const transports = ['inline', 'thread', 'websocket'] as const;
export type Transport = (typeof transports)[number];

/** joining: has not what it needs yet. idle and computing: at the moment. leaving: answers what it holds, and goes. */
export const workerStates = ['joining', 'idle', 'computing', 'leaving'] as const;
export type WorkerState = (typeof workerStates)[number];

export const phases = ['compute', 'reduce', 'optimize', 'broadcast', 'evaluate', 'checkpoint'] as const;
export type Phase = (typeof phases)[number];

/** One gradient computer: a thread of this process, or a node with all its threads. Sums are since the run began. */
export interface WorkerStatus {
  /** 0, 1, 2 ...: a place that is taken again when its worker has gone. */
  readonly rank: number;
  /** Unlike the rank never used again. */
  readonly id: string;
  readonly name: string;
  readonly transport: Transport;
  readonly threads: number;
  /** Whether its engine has wide vectors. */
  readonly wide: boolean;
  readonly state: WorkerState;
  readonly shards: number;
  readonly samples: number;
  /** Of its own clock, computing alone. */
  readonly computeMs: number;
  /** That it left its tasks to others, since something else took its core; 0 where it never does. */
  readonly restMs: number;
  /** Since it was last heard; null where silence is not possible. */
  readonly silentMs: number | null;
  /** HOST:PORT of its own metrics; null if it has none. */
  readonly metricsAddress: string | null;
  readonly vectorBytes: VectorBytes;
  /** How fast its link was measured to be, parameters and tree nodes together; null where it has none or was not measured yet. */
  readonly linkBytesPerSecond: number | null;
}

/** Payload of what a node was sent, and of what came from it, by form; 0 where no socket is between. */
export interface VectorBytes {
  readonly parametersPlain: number;
  readonly parametersPacked: number;
  readonly treeNodesPlain: number;
  readonly treeNodesPacked: number;
}

export const noVectorBytes: VectorBytes = {
  parametersPlain: 0,
  parametersPacked: 0,
  treeNodesPlain: 0,
  treeNodesPacked: 0,
};

/** Of a worker within the process. */
export const withoutSocket = {
  silentMs: null,
  metricsAddress: null,
  vectorBytes: noVectorBytes,
  linkBytesPerSecond: null,
} as const satisfies Partial<WorkerStatus>;

/** A worker that has gone. */
export interface Departure {
  readonly worker: WorkerStatus;
  /** null: it said goodbye, or the run was over. */
  readonly eviction: EvictionReason | null;
  readonly reason: string;
}

export interface EventCounts {
  readonly reassignedShards: number;
  readonly nonFiniteShards: number;
  /** Answers of nodes that were computed again, those of them that were false, and how long the coordinator computed. */
  readonly audited: number;
  readonly falseAnswers: number;
  readonly auditMs: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Milliseconds of workers that stood idle within a step while others computed. */
  readonly waitMs: number;
  /** Tasks of this process that narrow code did again, to the same bits. */
  readonly wideChecks: number;
  readonly evictions: Readonly<Partial<Record<EvictionReason, number>>>;
}

export interface ExecutorStatus {
  readonly workers: readonly WorkerStatus[];
  /** The latest ones, oldest first. */
  readonly departures: readonly Departure[];
  readonly counts: EventCounts;
  /** Why the run waits for workers; null when it does not. */
  readonly waiting: string | null;
}

export const noCounts: EventCounts = {
  reassignedShards: 0,
  nonFiniteShards: 0,
  audited: 0,
  falseAnswers: 0,
  auditMs: 0,
  sentBytes: 0,
  receivedBytes: 0,
  waitMs: 0,
  wideChecks: 0,
  evictions: {},
};

export const noStatus: ExecutorStatus = { workers: [], departures: [], counts: noCounts, waiting: null };

/** Whoever watches; an executor tells it where to look, and how long phases took that only it can tell. */
export interface Observer {
  attach(status: () => ExecutorStatus): void;
  phase(phase: Phase, ms: number): void;
}

export const nobody: Observer = { attach: () => undefined, phase: () => undefined };
