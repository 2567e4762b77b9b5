// Whether a run with nodes has begun, pauses or goes on, by the membership machine's word: who waits for it, and what is told
// of it. Knows nothing of the work.

import { ExitCode, LockstepError } from '../../src/errors.ts';
import type { ClusterEvent } from '../../src/run/cluster-event.ts';
import { ranksText } from '../../src/run/event-text.ts';
import type { MembershipEffect } from './membership.ts';

export class RunGate {
  readonly #onEvent: (event: ClusterEvent) => void;
  readonly #begun: Promise<void>;
  #begin!: () => void;
  #giveUp!: (error: Error) => void;
  #waiting: string | null = null;

  constructor(onEvent: (event: ClusterEvent) => void) {
    this.#onEvent = onEvent;
    this.#begun = new Promise((resolve, reject) => {
      this.#begin = resolve;
      this.#giveUp = reject;
    });
    // who does not wait for it is not to be bothered by it
    this.#begun.catch(() => undefined);
  }

  /** Why the run waits; null when it does not. */
  get waiting(): string | null {
    return this.#waiting;
  }

  /** Resolves when enough computing threads are there; throws 75 at the join timeout, or the signal's reason. */
  async ready(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const stop = () => this.#giveUp(signal.reason);
    signal.addEventListener('abort', stop);
    try {
      await this.#begun;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  move(effect: Exclude<MembershipEffect, { type: 'evict' }>): void {
    switch (effect.type) {
      case 'begin':
        this.#waiting = null;
        return this.#begin();
      case 'wait':
        this.#waiting = effect.reason;
        return this.#onEvent({
          type: 'runWaiting',
          threads: effect.threads,
          needed: effect.needed,
          missingRanks: effect.missingRanks,
        });
      case 'pause':
        this.#waiting = effect.reason;
        return this.#onEvent({ type: 'runPaused', reason: effect.reason });
      case 'resume':
        this.#waiting = null;
        return this.#onEvent({ type: 'runGoesOn', reason: effect.reason });
      case 'give-up':
        return this.#giveUp(
          new LockstepError({
            code: 'ERR_LOCKSTEP_NO_WORKERS',
            what:
              effect.missingRanks.length === 0
                ? 'Not enough workers came'
                : `${ranksText(effect.missingRanks)} did not join`,
            why: effect.reason,
            mend:
              effect.missingRanks.length === 0
                ? 'Start more workers (lockstep worker --connect), lower --min-workers or raise --join-timeout'
                : 'Look at what they said last, and whether they can reach this host; or raise --join-timeout',
            exitCode: ExitCode.tryAgain,
          }),
        );
    }
  }
}
