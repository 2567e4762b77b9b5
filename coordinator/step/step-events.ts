// What goes into the machine of a step and what comes out of it. Types only.

import type { BlockAddress } from '../../src/tree.ts';
import type { Accepted } from './cover.ts';
import type { WorkerSpeed } from './speed.ts';

export interface StepOptions {
  /** An attempt is late after so many times its expected duration, */
  readonly lateFactor: number;
  /** but never before this, */
  readonly lateFloorMs: number;
  /** and after this when its worker was never measured. */
  readonly unmeasuredMs: number;
}

export interface StepSpec {
  /** For reasons, e.g. "step 3". */
  readonly name: string;
  /** Samples of each shard; there are as many shards as numbers. */
  readonly shardSamples: readonly number[];
  /** Attempts are numbered from here; none of these numbers was used before in the run. */
  readonly firstAttempt: number;
}

/** `nowMs` is attended time (attended-clock.ts). */
export type StepEvent =
  | {
      readonly type: 'started';
      readonly nowMs: number;
      readonly workers: readonly WorkerSpeed[];
      /** Those of them that still owe an answer from an earlier step. */
      readonly busy: readonly number[];
    }
  /** A tree node arrived that this step's attempt asked for, for the first time; `finite`: are its loss sum and all its values? */
  | {
      readonly type: 'tree-node';
      readonly nowMs: number;
      readonly workerId: number;
      readonly attempt: number;
      readonly block: BlockAddress;
      readonly finite: boolean;
    }
  /** A worker became ready in the middle of the step. */
  | { readonly type: 'joined'; readonly nowMs: number; readonly worker: WorkerSpeed }
  /** A worker that was busy with an earlier step has answered it. */
  | { readonly type: 'idle'; readonly nowMs: number; readonly workerId: number }
  /** A worker said goodbye: it answers what it holds, and is given nothing more. */
  | { readonly type: 'goodbye'; readonly workerId: number }
  | { readonly type: 'lost'; readonly nowMs: number; readonly workerId: number; readonly reason: string }
  | { readonly type: 'tick'; readonly nowMs: number };

/** A node whose values are not used. */
interface Unneeded extends Accepted {
  readonly reason: string;
  /** Accepted ones that have all its shards, or have it within them; none: it is not used for another reason. */
  readonly by: readonly Accepted[];
}

export type StepEffect =
  /** Give a worker these blocks; it has nothing else to do. */
  | {
      readonly type: 'assign';
      readonly workerId: number;
      readonly attempt: number;
      readonly blocks: readonly BlockAddress[];
      /** Workers whose blocks these were. */
      readonly from: readonly number[];
      readonly reason: string;
    }
  /** Keep the node's values: they are part of the cover. */
  | ({ readonly type: 'accept' } & Accepted)
  /** A node accepted earlier is beneath a larger one now: its values are needed no more. */
  | ({ readonly type: 'supersede' } & Unneeded)
  /** A node brings nothing new: its values are not needed. */
  | ({ readonly type: 'drop' } & Unneeded)
  /** Close this worker's connection; the machine knows it no more. */
  | {
      readonly type: 'evict';
      readonly workerId: number;
      /** Name of a close code (src/wire/close-codes.ts). */
      readonly code: 'nonFinite';
      readonly reason: string;
    }
  /** The worker stays, though an answer of it was doubtful. */
  | { readonly type: 'warn'; readonly workerId: number; readonly reason: string }
  /** Add these along the tree, apply Adam and advance. Exactly once, unless the step fails. */
  | { readonly type: 'commit'; readonly nodes: readonly Accepted[] }
  /** The run must stop: this shard's gradient is not finite, whoever computes it. */
  | { readonly type: 'fail'; readonly shard: number; readonly reason: string };
