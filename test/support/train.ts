// Runs for tests: a short run on real MNIST, in this process, with what a test wants to look at afterwards.

import type { TestedWiring } from '../../coordinator/training/make-executor.ts';
import { trainRun } from '../../coordinator/training/train-run.ts';
import { wiring } from '../../src/library.ts';
import { resolveOptions } from '../../src/options/config.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import type { Summary, TrainEvent } from '../../src/run/events.ts';

export interface Traced {
  readonly summary: Summary;
  /** What history.json holds. */
  readonly history: readonly unknown[];
  readonly warnings: readonly string[];
}

export async function traced(options: Partial<TrainOptions>, changes: Partial<TestedWiring> = {}): Promise<Traced> {
  const events: TrainEvent[] = [];
  const summary = await trainRun(
    resolveOptions(options, null),
    { onEvent: (event) => events.push(event) },
    {
      ...wiring,
      ...changes,
    },
  );
  return traceOf(summary, events);
}

export function traceOf(summary: Summary, events: readonly TrainEvent[]): Traced {
  return {
    summary,
    history: events
      .filter((event) => event.type === 'epoch')
      .map(({ epoch, steps, train, validation, samples }) => ({ epoch, steps, train, validation, samples })),
    warnings: events.filter((event) => event.type === 'warning').map((event) => event.message),
  };
}

/** Everything of a run that may not depend on who did the work. */
export function bitsOf({ summary, history }: Traced) {
  const { digest, stateDigest, test } = summary;
  return { digest, stateDigest, test, history };
}
