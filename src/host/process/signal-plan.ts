// Pure: what a signal means, by those that came before it and by the clock. Knows nothing of processes.

import { ExitCode } from '../../errors.ts';

/** Signals that ask a process to end, and its exit code then. */
export const stopCodes = {
  SIGHUP: ExitCode.hungUp,
  SIGINT: ExitCode.interrupted,
  SIGTERM: ExitCode.terminated,
} as const;
export type StopSignal = keyof typeof stopCodes;

/** The signal whose exit code it is. */
export function stopSignalOf(exitCode: number): StopSignal | null {
  const found = Object.entries(stopCodes).find(([, code]) => code === exitCode);
  return found === undefined ? null : (found[0] as StopSignal);
}

/** By these, schedulers warn of an end to come (Slurm's --signal, Grid Engine's -notify). */
export const warningSignals = ['SIGUSR1', 'SIGUSR2'] as const;
export type WarningSignal = (typeof warningSignals)[number];

/**
 * One press of Ctrl-C, one timeout or one closed terminal reaches a program more than once: npm and shells pass on what the
 * whole group gets, GNU timeout signals the process and its group. What comes so soon after the first is the same wish.
 */
export const ONE_WISH_MS = 1000;

/**
 * stop: in order, with a checkpoint. same: the wish that is known already. end: at once.
 * checkpoint: save, and go on. stay: go on.
 */
export type Meaning = 'stop' | 'same' | 'end' | 'checkpoint' | 'stay';

export class SignalPlan {
  readonly #hangupsCount: boolean;
  #stoppingSinceMs: number | null = null;

  /** `hangupsCount`: false for a process that was started to outlive its terminal. */
  constructor({ hangupsCount }: { readonly hangupsCount: boolean }) {
    this.#hangupsCount = hangupsCount;
  }

  /** To be asked once for each signal, in their order. */
  meaningOf(name: StopSignal | WarningSignal, nowMs: number): Meaning {
    if (name === 'SIGUSR1' || name === 'SIGUSR2') return this.#stoppingSinceMs === null ? 'checkpoint' : 'same';
    if (name === 'SIGHUP' && !this.#hangupsCount) return 'stay';
    if (this.#stoppingSinceMs === null) {
      this.#stoppingSinceMs = nowMs;
      return 'stop';
    }
    // from the first on: a key that is held down ends it
    return nowMs - this.#stoppingSinceMs < ONE_WISH_MS ? 'same' : 'end';
  }
}
