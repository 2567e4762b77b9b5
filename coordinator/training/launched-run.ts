// What rank 0 of a launch does: whatever comes of it, the other ranks hear of it, also where it never came to listen to them.

import { ExitCode, messageOf } from '../../src/errors.ts';
import { hostAndPort } from '../../src/options/address-kinds.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { printableEvent, type TrainEvent } from '../../src/run/events.ts';
import { exitCodeOf } from '../../src/text/error-text.ts';
import type { LaunchOfRun } from '../cluster/launch-of-run.ts';

/** Processes of a launch start within seconds of each other; who comes later finds out by --retry-for. */
const PATIENCE_MS = 15_000;

export interface LaunchedDeps {
  readonly launch: LaunchOfRun;
  /** Where the ranks look for rank 0: --listen and its certificate. */
  readonly options: Pick<TrainOptions, 'tlsCert' | 'tlsKey'> & { readonly listen: string };
  readonly signal: AbortSignal;
  readonly onEvent: (event: TrainEvent) => void;
}

/** `work` tells what happens by the function that it is handed. */
export async function launchedRun(
  deps: LaunchedDeps,
  work: (onEvent: (event: TrainEvent) => void) => Promise<void>,
): Promise<void> {
  let listened = false;
  let exitCode: ExitCode = ExitCode.done;
  try {
    await work((event) => {
      if (event.type === 'listening') listened = true;
      deps.onEvent(event);
    });
  } catch (error) {
    exitCode = exitCodeOf(error);
    throw error;
  } finally {
    // told to stop, the others were told as well, or will be
    if (!listened && !deps.signal.aborted) {
      await tell(deps, exitCode).catch((error: unknown) => {
        const message = `The other ranks could not be told how rank 0 ends: ${messageOf(error)}`;
        deps.onEvent(printableEvent({ type: 'warning', message }));
      });
    }
  }
}

async function tell({ launch, options, signal, onEvent }: LaunchedDeps, exitCode: ExitCode): Promise<void> {
  // not at the top: a run that came so far need not wait for it to load
  const { readTls } = await import('../cluster/listen.ts');
  const { tellRanks } = await import('../cluster/herald.ts');
  const { strangerLimits } = await import('../../src/host/http/stranger-limits.ts');
  const warn = (message: string) => onEvent({ type: 'warning', message });
  await tellRanks({
    server: {
      // sound because such options were refused
      ...hostAndPort(options.listen)!,
      ports: launch.ports,
      token: launch.token,
      allowedOrigins: [],
      tls: await readTls(options, warn),
      // everybody has it, and nothing is computed
      engine: 'wasm',
      valueCount: 1,
      strangers: strangerLimits,
    },
    size: launch.size,
    exitCode,
    patienceMs: PATIENCE_MS,
    signal,
    onEvent,
  });
}
