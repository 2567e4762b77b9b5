// Who computes: the interface that the trainer drives. Whatever stands behind it, the bits are the same.

import type { SplitName, WorkerPool } from '../../src/engine.ts';
import type { ExitCode } from '../../src/errors.ts';
import type { StepScalars } from '../../src/kernels/run-memory.ts';
import type { Sums } from '../../src/sums.ts';
import type { AuditedRun } from './false-answers.ts';
import type { ExecutorStatus } from './worker-status.ts';

/** A stretch of steps within one epoch, and what to ask and tell on the way. Steps count from the start of the run. */
export interface StepRange {
  /** 0-based. */
  readonly epoch: number;
  /** The first step of the epoch. */
  readonly epochStart: number;
  readonly from: number;
  readonly to: number;
  /** Learning rate and bias powers of a step; asked once for each that is committed, in order, and for no other. */
  scalars(step: number): StepScalars;
  /** Told once for each committed step, in order. */
  committed(step: number, sums: Sums): void;
  /** Asked now and then: stop early? */
  stopped(): boolean;
}

export interface Executor {
  /** Trains the range; resolves to the step reached, which is `to` unless it was stopped. */
  train(range: StepRange): Promise<number>;
  /** The split's figures with the parameters that `step` reads; parts are added in their order. */
  evaluate(split: SplitName, step: number, epoch: number): Promise<Sums>;
  /** Where answers are audited: then both of the above throw FalseAnswersError when a worker was found whose answers count. */
  readonly audited?: AuditedRun | null;
  /** A snapshot: its workers at this moment. */
  status(): ExecutorStatus;
  /** Ends all threads and connections; nodes are told how this process ends: `done` where the run is over. Resolves when they are gone. */
  close(exitCode: ExitCode): Promise<void>;
}

/** This machine's own threads beside nodes: given blocks like any worker, or whole ranges of steps while nobody else is here. */
export interface LocalThreads {
  readonly pool: WorkerPool;
  readonly executor: Executor;
}
