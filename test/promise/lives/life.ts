// A life of a run as plain data: how it is configured, and what happens to it until it is finished. Says nothing of how a
// life is drawn, played or replayed.

import type { TrainOptions } from '../../../src/options/train-options.ts';

/** What a worker on a socket does besides computing. Steps count from the start of the run. */
export interface NodeLife {
  /** Joins when the run has committed so many steps; 0: at the start. */
  readonly joinsAt: number;
  readonly misfortune: 'none' | 'leaves' | 'dies' | 'late' | 'notFinite' | 'partsNotFinite' | 'engineFails';
  /** From this step on, once. */
  readonly at: number;
}

/** A thread that dies in the middle of its work. */
export interface ThreadFault {
  readonly step: number;
  readonly point: 'compute' | 'reduce' | 'adam';
}

/** One process of a run. */
export interface Stage {
  /** 0: inline, or with `nodes` no threads of its own. */
  readonly threads: number;
  readonly nodes: readonly NodeLife[];
  readonly threadFaults: readonly ThreadFault[];
  /** Checkpoints out of turn are asked for when the run has looked so often whether one is, which it does between steps. */
  readonly asks?: readonly number[];
  /**
   * How it ends, unless it is over before: `stop`: told to, as by Ctrl-C; `crash`: what lies on the disk at that moment is all
   * that stays; `kill`: a process of its own, killed. After so many epochs and checkpoints in this stage, or when it has looked
   * so often, between steps, whether it is to stop.
   */
  readonly end:
    | { readonly how: 'finish' }
    | { readonly how: 'stop' | 'crash' | 'kill'; readonly afterEvents: number }
    | { readonly how: 'stop' | 'crash'; readonly afterLooks: number };
  /** What this stage is asked for otherwise than the one before; of the first stage nothing. `data`: a name of livesData. */
  readonly change: Partial<TrainOptions>;
  /** Goes on in another folder. */
  readonly elsewhere: boolean;
  /** Which checkpoint it goes on from, in another folder; the newest where it is missing. */
  readonly from?: 'best' | 'first';
}

export interface Life {
  readonly options: Partial<TrainOptions>;
  /** The last has the end `finish`. */
  readonly stages: readonly Stage[];
}
