// Where a run stands between two steps: with the parameters and Adam's moments, all that it takes to go on to the same
// bits. Plain data; knows nothing of how it is kept.

import type { Sums } from '../sums.ts';
import type { EpochRecord, EpochTiming } from './events.ts';

export interface Position {
  /** Steps committed since the start of the run. */
  readonly step: number;
  /** Whole epochs only. One that --max-steps cuts short stays under way, since a longer run goes on within it. */
  readonly history: readonly EpochRecord[];
  /** One for each entry of `history`. */
  readonly timings: readonly EpochTiming[];
  /** Of the epoch under way, up to `step`; `trainingSeconds` as well. */
  readonly sums: Sums;
  readonly trainingSeconds: number;
  /** Running products of Adam's bias correction, after `step` steps. */
  readonly beta1Power: number;
  readonly beta2Power: number;
}

export const startPosition: Position = {
  step: 0,
  history: [],
  timings: [],
  sums: { lossSum: 0, correctCount: 0, sampleCount: 0 },
  trainingSeconds: 0,
  beta1Power: 1,
  beta2Power: 1,
};

/** The first step of the epoch under way. */
export function epochStartOf({ history }: Pick<Position, 'history'>): number {
  return history.at(-1)?.steps ?? 0;
}

/** The step at which a run that stands there ends. */
export function endStepOf(
  position: Position,
  { epochs, maxSteps }: { readonly epochs: number; readonly maxSteps: number | null },
  stepsInEpoch: number,
): number {
  const all = epochStartOf(position) + (epochs - position.history.length) * stepsInEpoch;
  return Math.min(all, maxSteps ?? Number.POSITIVE_INFINITY);
}

/**
 * The whole or cut epoch (its place in the history) with the lowest validation loss; of equals the first. -1 without any.
 * @param first the first epoch that counts
 */
export function bestEpochOf(history: readonly Pick<EpochRecord, 'validation'>[], first = 0): number {
  let best = -1;
  history.forEach(({ validation }, i) => {
    // what is not a number is not the lowest, nor is anything below it
    if (i < first || validation === null || Number.isNaN(validation.loss)) return;
    if (best === -1 || validation.loss < history[best]!.validation!.loss) best = i;
  });
  return best;
}

/** Whether `patience` epochs (null = any number) have gone by without a lower validation loss. */
export function isOutOfPatience(history: readonly EpochRecord[], patience: number | null): boolean {
  return patience !== null && (epochsWithoutGain(history).at(-1) ?? 0) >= patience;
}

/** The number of epochs after which a run with `patience` has ended, or should have; null where it goes on. */
export function patienceEnd(history: readonly EpochRecord[], patience: number | null): number | null {
  if (patience === null) return null;
  const end = epochsWithoutGain(history).findIndex((epochs) => epochs >= patience);
  return end === -1 ? null : end + 1;
}

/** After each epoch. Those that were not validated, before another --val-size was allowed, tell nothing. */
function epochsWithoutGain(history: readonly EpochRecord[]): number[] {
  let lowest: number | null = null;
  let without = 0;
  return history.map(({ validation }) => {
    if (validation === null) return without;
    // what is not a number is no gain
    const gains = lowest === null ? !Number.isNaN(validation.loss) : validation.loss < lowest;
    if (gains) lowest = validation.loss;
    without = gains ? 0 : without + 1;
    return without;
  });
}

/** Whether nothing is left to do for a run with these epochs, whole or cut short. */
export function isAtEnd(
  history: readonly EpochRecord[],
  length: { readonly epochs: number; readonly maxSteps: number | null; readonly patience: number | null },
): boolean {
  const { epochs, maxSteps, patience } = length;
  if (history.length === epochs || isOutOfPatience(history, patience)) return true;
  return history.length < epochs && maxSteps !== null && (history.at(-1)?.steps ?? 0) === maxSteps;
}

/** The first step after `step` at which a checkpoint is due within an epoch. Their ends are checkpoints anyway. */
export function nextCheckpoint(step: number, every: 'epoch' | number): number {
  return every === 'epoch' ? Number.POSITIVE_INFINITY : (Math.floor(step / every) + 1) * every;
}
