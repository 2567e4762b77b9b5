// What a node does when its session is over: connects again, waits for the next run, or ends. Pure.

import { ExitCode, isWideFault, LockstepError } from '../../src/errors.ts';
import { closeName, reactionTo } from '../../src/wire/close-codes.ts';
import type { SessionEnd } from './session.ts';

/** over: the run is, and the node waits for the next. */
export type Reason =
  | { readonly kind: 'done'; readonly text: string; readonly joined: boolean; readonly exitCode: ExitCode }
  | {
      readonly kind: 'over' | 'retry';
      readonly text: string;
      readonly joined: boolean;
      readonly refusal?: LockstepError;
      /** What to look at, where it is known. */
      readonly mend?: string | null;
    };

/** @throws LockstepError with its exit code, where no other attempt would mend it */
export function afterSession(
  end: SessionEnd,
  options: { readonly url: string; readonly keepAlive: boolean; readonly ofLaunch: boolean },
): Reason {
  // no other coordinator, and no other attempt, would mend it
  if (isWideFault(end.cause)) throw end.cause;
  if (options.ofLaunch && end.outcome !== null) {
    const exitCode = exitCodes.find((code) => code === end.outcome) ?? ExitCode.runFailed;
    return { kind: 'done', text: `rank 0 ends with exit code ${end.outcome}`, joined: end.joined, exitCode };
  }
  const from = end.byNode ? 'node' : 'coordinator';
  const what = closeName(end.code, from) ?? `code ${end.code}`;
  const text = end.reason === '' ? what : `${what}: ${end.reason}`;
  switch (reactionTo(end.code, from)) {
    case 'retry':
      return { kind: 'retry', text, joined: end.joined };
    case 'end-done':
      if (!options.keepAlive) {
        return { kind: 'done', text: end.reason || 'the run is over', joined: end.joined, exitCode: ExitCode.done };
      }
      return { kind: 'over', text, joined: true };
    case 'end-refused':
      throw doesNotFit(options.url, text, end.cause);
    case 'end-failed':
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_PROTOCOL',
        ...(what === 'falseAnswer'
          ? {
              what: `The coordinator at ${options.url} takes no more answers from here`,
              mend: 'Look for a faulty processor or memory: lockstep verify tries this machine. The run refuses this name and address',
            }
          : {
              what: `The coordinator at ${options.url} and this node do not understand each other`,
              mend: 'This should not happen between equal versions; start the node again, and report it with --verbose',
            }),
        why: text,
        exitCode: ExitCode.runFailed,
      });
  }
}

const exitCodes = Object.values(ExitCode);

/** `cause`: what this machine lacks, where it is that. */
function doesNotFit(url: string, text: string, cause: unknown): LockstepError {
  const what = `The coordinator at ${url} cannot be joined`;
  if (cause instanceof LockstepError) {
    const { code, mend } = cause;
    return new LockstepError({ code, what, why: `${cause.what}: ${cause.why}`, mend, exitCode: ExitCode.usage, cause });
  }
  const mend = 'Retrying cannot mend this: install the same version, or use a machine that fits';
  return new LockstepError({ code: 'ERR_LOCKSTEP_JOIN_REFUSED', what, why: text, mend, cause });
}
