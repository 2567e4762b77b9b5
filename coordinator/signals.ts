// Ctrl-C and SIGTERM of a process that works on something. Knows nothing of what that is.

import { ExitCode, LockstepError } from '../src/errors.ts';

/** The first signal asks the run to stop, the second ends the process. */
export function watchSignals(
  announce: (name: string) => void,
  { what, mend }: { readonly what: string; readonly mend: string },
): { signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  const stop = (name: 'SIGINT' | 'SIGTERM', exitCode: ExitCode) => {
    if (controller.signal.aborted) process.exit(exitCode);
    announce(name);
    controller.abort(new LockstepError({ what, why: `${name} arrived`, mend, exitCode }));
  };
  const onInterrupt = () => stop('SIGINT', ExitCode.interrupted);
  const onTerminate = () => stop('SIGTERM', ExitCode.terminated);
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  const close = () => {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onTerminate);
  };
  return { signal: controller.signal, close };
}
