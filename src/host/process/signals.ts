// The signals of a process that works on something. Knows nothing of what that is: what to say is its caller's affair.

import { LockstepError } from '../../errors.ts';
import { endAtOnce } from './end-at-once.ts';
import { startedByNohup } from './hangup.ts';
import { SignalPlan, type StopSignal, stopCodes, type WarningSignal, warningSignals } from './signal-plan.ts';

export interface SignalHandlers {
  /** Told once, before the signal is aborted. */
  readonly onStop: (name: StopSignal) => void;
  /** The end may be near: save what can be saved, and go on. */
  readonly onWarning: (name: WarningSignal) => void;
  /** The terminal is gone, and nobody minds. */
  readonly onStay: (name: StopSignal) => void;
  /** Of the error that the signal is aborted with. */
  readonly what: string;
  readonly mend: string;
}

export interface Interruption {
  /** Aborted by the first signal that asks for the end; what asks again, later, ends the process. */
  readonly signal: AbortSignal;
  close(): void;
}

export function watchSignals({ onStop, onWarning, onStay, what, mend }: SignalHandlers): Interruption {
  const controller = new AbortController();
  const plan = new SignalPlan({ hangupsCount: !startedByNohup() });
  const stop = (name: StopSignal) => {
    switch (plan.meaningOf(name, performance.now())) {
      case 'stop':
        onStop(name);
        controller.abort(
          new LockstepError({
            code: 'ERR_LOCKSTEP_INTERRUPTED',
            what,
            why: `${name} arrived`,
            mend,
            exitCode: stopCodes[name],
          }),
        );
        return;
      case 'stay':
        return onStay(name);
      case 'end':
        void endAtOnce(name);
    }
  };
  const warn = (name: WarningSignal) => {
    if (plan.meaningOf(name, performance.now()) === 'checkpoint') onWarning(name);
  };
  const stops = Object.keys(stopCodes) as StopSignal[];
  for (const name of stops) process.on(name, stop);
  for (const name of warningSignals) process.on(name, warn);
  const close = () => {
    for (const name of stops) process.off(name, stop);
    // src/cli.ts goes on catching these
    for (const name of warningSignals) process.off(name, warn);
  };
  return { signal: controller.signal, close };
}
