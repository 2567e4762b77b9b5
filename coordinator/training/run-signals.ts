// The signals of a process that trains: each is answered with what is true at that moment.

import { type Interruption, watchSignals } from '../../src/host/process/signals.ts';
import { CheckpointRequests } from './checkpoint-requests.ts';
import { canCheckpoint, type Phase, stopText, warningText } from './run-phase.ts';

export interface RunSignals extends Interruption {
  readonly checkpointRequests: CheckpointRequests;
  readonly onPhase: (phase: Phase) => void;
}

/** `say`: one line for the user. */
export function watchRunSignals(say: (line: string) => void): RunSignals {
  const checkpointRequests = new CheckpointRequests();
  let phase: Phase = 'starting';
  const interruption = watchSignals({
    what: 'The run was interrupted',
    mend: 'Start it again',
    onStop: (name) => say(stopText(name, phase)),
    onWarning: (name) => {
      if (canCheckpoint(phase)) checkpointRequests.request();
      say(warningText(name, phase));
    },
    onStay: (name) => say(`${name}: the terminal is gone; started by nohup, the run goes on`),
  });
  return {
    ...interruption,
    checkpointRequests,
    onPhase: (now) => {
      phase = now;
    },
  };
}
