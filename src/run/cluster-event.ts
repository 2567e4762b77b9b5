// What happens to the workers of a run and at its ports, as data: members of TrainEvent (events.ts). What is said of each
// to people stands in event-text.ts. Numbers of workers are never used again within a run.

import type { CloseName } from '../wire/close-codes.ts';

/** Why a worker went that did not say goodbye, or a thread of one. */
export const evictionReasons = [
  'thread_died',
  'connection_lost',
  'heartbeat_timeout',
  'not_reading',
  'non_finite',
  'false_answer',
  'engine_failed',
  'protocol_error',
] as const;
/** One of them. */
export type EvictionReason = (typeof evictionReasons)[number];
/** Of a whole worker: one whose thread died stays (`threadLost`). */
export type WorkerEvictionReason = Exclude<EvictionReason, 'thread_died'>;

/** The address that is bound: with port 0 it is known only now. */
export interface Bound {
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

export type ClusterEvent =
  | ({
      /** Workers may join: `url` is what `lockstep worker --connect` takes. */
      readonly type: 'listening';
      /** wss:// instead of ws://. */
      readonly tls: boolean;
      /** Whether a worker needs one. */
      readonly token: boolean;
    } & Bound)
  /** Metrics and live page are served. */
  | ({ readonly type: 'metricsAt' } & Bound)
  | {
      /** A worker has all that it needs, and may be given work. Where nodes may join, this machine's threads are one as well. */
      readonly type: 'workerJoined';
      readonly workerId: number;
      readonly name: string;
      /** host:port, as this machine sees it; null: this machine's own threads. */
      readonly address: string | null;
      readonly threads: number;
      /** Whether it has wide vectors. */
      readonly wide: boolean;
    }
  | {
      readonly type: 'workerLost';
      readonly workerId: number;
      readonly name: string;
      /** null: it said goodbye, or the run was over. */
      readonly eviction: WorkerEvictionReason | null;
      readonly reason: string;
    }
  | {
      /** A tree node came after its step was committed, and was dropped. */
      readonly type: 'workerLate';
      readonly workerId: number;
      readonly step: number;
    }
  | {
      /** What a worker sent was not finite where the coordinator's own answer is, which stands. The worker is evicted. */
      readonly type: 'workerWrong';
      readonly workerId: number;
      readonly reason: string;
    }
  | {
      /** An audit found that a worker's answer is not the coordinator's own. It is evicted, and refused from then on. */
      readonly type: 'workerFalse';
      readonly workerId: number;
      readonly reason: string;
    }
  | {
      /** Since a worker's answers were false, the run goes on from an earlier state. */
      readonly type: 'wentBack';
      /** Committed up to then. */
      readonly from: number;
      /** Of the state that it goes on from. */
      readonly to: number;
      readonly reason: string;
    }
  | {
      /** At the end of a run with --audit: what was computed again. */
      readonly type: 'audits';
      readonly share: number;
      /** Of nodes: those that were taken, and those that were compared with them since two were given the same work. */
      readonly answers: number;
      readonly audited: number;
      /** Of them, those that were false. */
      readonly falseAnswers: number;
      /** That this process computed for them. */
      readonly seconds: number;
      /** That the workers say to have computed. */
      readonly workerSeconds: number;
    }
  | {
      /** What a worker sent was not finite, and finite when it was asked again. It stays. */
      readonly type: 'workerDoubted';
      readonly workerId: number;
      readonly reason: string;
    }
  | {
      /** This machine's threads did what a worker would be evicted for. They stay. */
      readonly type: 'threadsWrong';
      /** What a node's connection would be closed with: no `EvictionReason`, which stands for several of these, since nobody goes. */
      readonly code: CloseName;
      readonly reason: string;
    }
  | {
      /** A thread of this machine died; another takes its place, and its work is redone. */
      readonly type: 'threadLost';
      /** 0-based. */
      readonly thread: number;
      readonly reason: string;
    }
  | {
      /**
       * Something else takes a thread's core again and again: so that the others need not wait for it, it rests, and they take its
       * tasks. Told once in a run, when a quarter of a second was rested.
       */
      readonly type: 'threadRests';
      /** 0-based. */
      readonly thread: number;
      /** How many there are. */
      readonly threads: number;
    }
  | {
      /** There are more threads than shards. */
      readonly type: 'threadsIdle';
      readonly threads: number;
      readonly shards: number;
    }
  | {
      /** Shards of a step, or parts of an evaluation, are given to a further worker. */
      readonly type: 'shardsReassigned';
      readonly step: number;
      /** What is evaluated; null: the step is trained. */
      readonly split: 'validation' | 'test' | null;
      /** How many shards, or parts. */
      readonly shards: number;
      /** Whose they were. */
      readonly from: readonly number[];
      readonly to: number;
      readonly why: string;
    }
  | {
      /** Who computed a step's tree nodes, in shard order, where that is not as in the step before. */
      readonly type: 'nodesComputed';
      readonly step: number;
      readonly nodes: readonly { readonly level: number; readonly index: number; readonly workerId: number }[];
    }
  | {
      /** By the speed of a worker's link, its parameters are sent in another form from now on, packed or as they are. */
      readonly type: 'parameterForm';
      readonly workerId: number;
      readonly packed: boolean;
      readonly bytesPerSecond: number;
    }
  | {
      /** A connection ended before its worker was one. */
      readonly type: 'turnedAway';
      readonly address: string;
      readonly reason: string;
      /** 0: this one alone. Else it is the last of so many that were not told one by one. */
      readonly count: number;
    }
  | {
      /** The run has not begun: too few computing threads are ready. */
      readonly type: 'runWaiting';
      readonly threads: number;
      readonly needed: number;
      /** Processes of the launch that have not joined; none where no launcher started this one. */
      readonly missingRanks: readonly number[];
    }
  /** No worker is left in a run that had begun; it waits for others. */
  | { readonly type: 'runPaused'; readonly reason: string }
  | { readonly type: 'runGoesOn'; readonly reason: string }
  /** At the end: what went over the sockets. */
  | { readonly type: 'traffic'; readonly sentBytes: number; readonly receivedBytes: number };
