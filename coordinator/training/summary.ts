// The summary of a finished run, with its keys in the order that users read them in. samplesPerSecond is of the time spent on
// training alone, without evaluation. Knows nothing of the file that it is written to.

import type { Summary } from '../../src/run/events.ts';
import type { Outcome } from './trainer.ts';

export function summarize(
  { history, timings, test }: Outcome,
  rest: Omit<Summary, 'epochs' | 'test' | 'samplesPerSecond'>,
): Summary {
  const samples = history.reduce((sum, record) => sum + record.samples, 0);
  const trainingSeconds = timings.reduce((sum, timing) => sum + timing.seconds, 0);
  const { run, engine, seed, parameters, seconds, digest, stateDigest, ...others } = rest;
  return {
    run,
    engine,
    seed,
    parameters,
    epochs: history.map(({ epoch, train, validation, samples }, i) => ({
      epoch,
      train,
      validation,
      samples,
      ...timings[i]!,
    })),
    test,
    samplesPerSecond: samples / trainingSeconds,
    seconds,
    digest,
    stateDigest,
    ...others,
  };
}
