// What a run tells while it goes on, and what it leaves: the figures, the summary, and the events that carry them.
// Plain data: everything here may be written as JSON.

import type { Means } from '../sums.ts';
import { printable } from '../text/clean-text.ts';
import type { ClusterEvent } from './cluster-event.ts';

/** One entry of history.json: no timings, so that equal runs have equal files. */
export interface EpochRecord {
  /** 1-based. */
  readonly epoch: number;
  /** Steps taken since the start of the run, at the end of this epoch. */
  readonly steps: number;
  readonly train: Means;
  /** null when the validation split is empty. */
  readonly validation: Means | null;
  /** Training samples used in this epoch. */
  readonly samples: number;
  /** SHA-256 of the whole state after it (digest.ts). 0.1.0 wrote none. */
  readonly stateDigest?: string;
}

export interface EpochTiming {
  /** Training time of the epoch, augmentation included, evaluation not. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
}

export interface Summary {
  /** Name of the run: its folder's name, or "unsaved". */
  readonly run: string;
  readonly engine: string;
  readonly seed: number;
  /** How many parameters the model has. */
  readonly parameters: number;
  readonly epochs: readonly {
    readonly epoch: number;
    readonly train: Means;
    readonly validation: Means | null;
    readonly samples: number;
    readonly seconds: number;
    readonly samplesPerSecond: number;
  }[];
  readonly test: Means;
  readonly samplesPerSecond: number;
  /** Wall time of the whole run. */
  readonly seconds: number;
  /** SHA-256 (hex) of the parameters: digest.ts says in which order. */
  readonly digest: string;
  readonly stateDigest: string;
  /** With --select best: the epoch (1-based) whose parameters were kept and tested. */
  readonly bestEpoch?: number;
}

/** What it says of its own and others' words is one printable line. */
export function printableEvent(event: TrainEvent): TrainEvent {
  switch (event.type) {
    case 'start':
    case 'progress':
    case 'epoch':
    case 'test':
    case 'checkpoint':
    case 'done':
      return event;
    default: {
      const clean = ([key, value]: [string, unknown]) => [key, typeof value === 'string' ? printable(value) : value];
      return Object.fromEntries(Object.entries(event).map(clean)) as typeof event;
    }
  }
}

export type TrainEvent =
  | ClusterEvent
  | {
      readonly type: 'start';
      readonly epochs: number;
      readonly stepsPerEpoch: number;
      /** Where the run is to end, counted from its start: not to be worked out, since epochs before may have had another length. */
      readonly endStep: number;
      readonly trainSamples: number;
      readonly validationSamples: number;
      readonly testSamples: number;
      readonly parameters: number;
      readonly engine: string;
      /** Computing threads; 0 = inline. */
      readonly threads: number;
      /** Whether the kernels have vectors of 256 bits. */
      readonly wide: boolean;
    }
  | {
      /** Some steps were committed; sent a few times a second at most. */
      readonly type: 'progress';
      readonly epoch: number;
      /** Steps of this epoch done, and how many it has. */
      readonly step: number;
      readonly stepsInEpoch: number;
      /** Samples of this epoch done, and their figures so far. */
      readonly samples: number;
      readonly train: Means;
      readonly samplesPerSecond: number;
      /** Estimate for the whole run. */
      readonly secondsLeft: number;
    }
  | ({ readonly type: 'epoch'; readonly epochs: number } & EpochRecord & EpochTiming)
  | { readonly type: 'test'; readonly figures: Means }
  | {
      /** A checkpoint is on the disk. */
      readonly type: 'checkpoint';
      readonly step: number;
      readonly path: string;
      readonly bytes: number;
      /** From its copy to its last flush. */
      readonly seconds: number;
    }
  | {
      readonly type: 'checkpointFailed';
      readonly step: number;
      readonly reason: string;
      /** How many there were since this process began. */
      readonly failures: number;
    }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'info'; readonly message: string }
  | { readonly type: 'done'; readonly summary: Summary; readonly folder: string | null };
