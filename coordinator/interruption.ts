// What the user reads of a run that was stopped on demand: where it stands, and the command that goes on with it.

import { ExitCode, LockstepError } from '../src/errors.ts';
import type { Checkpointer } from './checkpointer.ts';
import type { RunFolder } from './run-folder.ts';

/** The command that goes on with a run, to be pasted into a shell. */
export function resumeCommand(folder: string): string {
  const plain = /^[\w./:@%+=,-]+$/.test(folder) && !folder.startsWith('-');
  return `lockstep train --resume ${plain ? folder : `'${folder.replaceAll("'", "'\\''")}'`}`;
}

/** `reason`: why its signal was aborted. */
export function stopped(reason: unknown, folder: RunFolder | null, checkpoints: Checkpointer | null): LockstepError {
  const { what, why, exitCode } =
    reason instanceof LockstepError
      ? reason
      : { what: 'The run was stopped', why: 'its signal was aborted', exitCode: ExitCode.interrupted };
  const step = checkpoints?.newestStep ?? null;
  const saved = step === null ? 'there is no checkpoint yet' : `its newest checkpoint is that of step ${step}`;
  return new LockstepError({
    what,
    why: folder === null ? why : `${why}; ${saved}`,
    mend: folder === null ? 'Start it again to train from the beginning' : `Go on with: ${resumeCommand(folder.path)}`,
    exitCode,
    cause: reason,
  });
}
