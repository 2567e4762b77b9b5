// Runs for tests: a short run on real MNIST, in this process, with what a test wants to look at afterwards.

import type { TrainWiring } from '../../coordinator/training/make-executor.ts';
import { newRun } from '../../coordinator/training/resolve-with-run.ts';
import { trainRun } from '../../coordinator/training/train-run.ts';
import { wiring } from '../../src/library.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { eventLine } from '../../src/run/event-text.ts';
import type { Summary, TrainEvent } from '../../src/run/events.ts';

export interface Traced {
  readonly summary: Summary;
  /** What history.json holds. */
  readonly history: readonly unknown[];
  readonly warnings: readonly string[];
  readonly threadsLost: number;
}

export async function traced(options: Partial<TrainOptions>, changes: Partial<TrainWiring> = {}): Promise<Traced> {
  const events: TrainEvent[] = [];
  const summary = await trainRun(
    newRun(options),
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
    history: standing(events).map(({ epoch, steps, train, validation, samples }) => ({
      epoch,
      steps,
      train,
      validation,
      samples,
    })),
    warnings: events.flatMap((event) => warningOf(event) ?? []),
    threadsLost: events.filter(({ type }) => type === 'threadLost').length,
  };
}

/** The epochs that a run told of, but for those that it went back behind. */
function standing(events: readonly TrainEvent[]): (TrainEvent & { type: 'epoch' })[] {
  const epochs: (TrainEvent & { type: 'epoch' })[] = [];
  for (const event of events) {
    if (event.type === 'epoch') epochs.push(event);
    if (event.type !== 'wentBack') continue;
    while (epochs.length > 0 && epochs.at(-1)!.steps > event.to) epochs.pop();
  }
  return epochs;
}

export function warningOf(event: TrainEvent): string | null {
  const line = eventLine(event);
  return line?.level === 'warning' ? line.text : null;
}

/** Everything of a run that may not depend on who did the work. */
export function bitsOf({ summary, history }: Traced) {
  const { digest, stateDigest, test } = summary;
  return { digest, stateDigest, test, history };
}
