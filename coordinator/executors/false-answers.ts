// What an executor throws when a worker was found whose answers are part of the run: what was trained since is to be undone.

/** How a run is rid of false answers, between who finds them and who has the states of the run. */
export interface AuditedRun {
  /** Steps whose states may have to be gone back to: for each the newest checkpoint up to it is one to keep. */
  readonly cleanSteps: readonly number[];
  /** The memory holds the state that step `step` reads: the run goes on from there. */
  wentBack(step: number): void;
}

export class FalseAnswersError extends Error {
  /** The newest state without false answers is of a step up to this one. */
  readonly cleanStep: number;
  /** Where the run stood when they were found. */
  readonly foundAt: number;

  constructor(cleanStep: number, foundAt: number, reason: string) {
    super(reason);
    this.name = 'FalseAnswersError';
    this.foundAt = foundAt;
    this.cleanStep = cleanStep;
  }
}
