// What who starts a run may hand it besides its options. Types alone: they are part of the library's.

import type { TrainEvent } from '../../src/run/events.ts';
import type { LaunchOfRun } from '../cluster/launch-of-run.ts';
import type { CheckpointRequests } from './checkpoint-requests.ts';
import type { Phase } from './run-phase.ts';

export interface TrainDeps {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
  /** By these a run writes a checkpoint out of turn, and goes on. */
  readonly checkpointRequests?: CheckpointRequests;
  /** Told what the run is at; it begins with 'starting'. */
  readonly onPhase?: (phase: Phase) => void;
  /**
   * Of the launch that this process is rank 0 of: its run waits for the other ranks, and tells them how it ends.
   * @internal
   */
  readonly launch?: LaunchOfRun;
}
