// What a run is at, and what a signal means there, in words. Pure.

/** In their order; from `metrics` on the results are written. */
export type Phase = 'starting' | 'training' | 'validation' | 'test' | 'results' | 'metrics' | 'report';

const stops: { readonly [P in Phase]: string } = {
  starting: 'stopping before the first step',
  training: 'stopping after the current step and a checkpoint',
  validation: 'stopping with a checkpoint; this validation is made again when the run goes on',
  test: 'stopping; every step is in the last checkpoint, and the test is made again when the run goes on',
  results: 'the run is done, and its results are being written',
  metrics: 'the run is done and its results are written; its metrics wait for nobody any more',
  report: 'the run is done and its results are written; only its report is still being made',
};

/** The answer to a first signal that asks for the end. */
export function stopText(name: string, phase: Phase): string {
  return `${name}: ${stops[phase]}; once more stops at once`;
}

const warnings: { readonly [P in Phase]: string } = {
  starting: 'no step is done that could be saved; the run goes on',
  training: 'a checkpoint after the current step; the run goes on',
  validation: 'a checkpoint after this validation; the run goes on',
  test: 'every step is in the last checkpoint; the run goes on',
  results: 'the run is done, and its results are being written',
  metrics: 'the run is done, and its results are written',
  report: 'the run is done, and its results are written',
};

/** The answer to a scheduler's warning. */
export function warningText(name: string, phase: Phase): string {
  return `${name}: ${warnings[phase]}`;
}

/** Whether a checkpoint out of turn saves anything there. */
export function canCheckpoint(phase: Phase): boolean {
  return phase === 'training' || phase === 'validation';
}
