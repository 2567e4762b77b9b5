// Asks a run that is under way for a checkpoint out of turn; the run goes on.

export class CheckpointRequests {
  #pending = false;

  /** The checkpoint comes after the current step, or after the validation that is under way. No bit changes by it. */
  request(): void {
    this.#pending = true;
  }

  get pending(): boolean {
    return this.#pending;
  }

  /** Whether one was asked for; it is not asked for any more. */
  take(): boolean {
    const pending = this.#pending;
    this.#pending = false;
    return pending;
  }
}
