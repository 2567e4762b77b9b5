// Writes a running run's checkpoints while the training goes on, and decides what a failure does to the run. Knows nothing
// of the loop, and of how a checkpoint lies on the disk.

import { setImmediate } from 'node:timers/promises';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { ioReason, writeCodeOf } from '../../src/host/files/io-reason.ts';
import type { Checkpoint } from '../../src/run/checkpoint.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import type { Position } from '../../src/run/position.ts';
import type { Means } from '../../src/sums.ts';
import { WriteFailure } from '../run-folder/checkpoint-files.ts';

interface Written {
  readonly path: string;
  readonly bytes: number;
}

export interface CheckpointerDeps {
  /** A copy of all that belongs to a checkpoint of that position. */
  readonly snapshot: (position: Position, validation: Means | null) => Checkpoint;
  /** Writes it whole, or throws. */
  readonly write: (checkpoint: Checkpoint) => Promise<Written>;
  readonly errors: 'warn' | 'stop';
  /** What mends a failure. */
  readonly mend: string;
  readonly onEvent: (event: TrainEvent) => void;
  /** Called once at most, and only where errors stop the run. */
  readonly onFatal: (error: LockstepError) => void;
}

export class Checkpointer {
  readonly #deps: CheckpointerDeps;
  #writing: Promise<void> = Promise.resolve();
  #newest: Checkpoint | null;
  #failures = 0;
  #failuresInARow = 0;
  #stopped = false;

  /** `newest`: what is on the disk already, and need not be written again. */
  constructor(newest: Checkpoint | null, deps: CheckpointerDeps) {
    this.#newest = newest;
    this.#deps = deps;
  }

  /** The step of the newest checkpoint on the disk; null if there is none. */
  get newestStep(): number | null {
    return this.#newest?.position.step ?? null;
  }

  /** Takes a copy, and returns while it is being written. One at a time: it waits for the one before. */
  async save(position: Position, validation: Means | null): Promise<void> {
    await this.#writing;
    if (this.#stopped || position.step === 0 || this.#has(position, validation)) return;
    this.#writing = this.#write(this.#deps.snapshot(position, validation));
  }

  /** The run goes on from where it stood before; `newest`: what is on the disk of it. Nothing is being written. */
  goBack(newest: Checkpoint | null): void {
    this.#newest = newest;
  }

  /** Resolves when nothing is being written any more. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  #has({ step, history }: Position, validation: Means | null): boolean {
    const newest = this.#newest;
    if (newest === null) return false;
    const same = newest.position.step === step && newest.position.history.length === history.length;
    return same && (validation === null || newest.validation !== null);
  }

  /** Never rejects, since no listener throws. */
  async #write(checkpoint: Checkpoint): Promise<void> {
    const { write, onEvent } = this.#deps;
    const { step } = checkpoint.position;
    const began = performance.now();
    // the threads are given the next steps first
    await setImmediate();
    let written: Written;
    try {
      written = await write(checkpoint);
    } catch (error) {
      this.#fail(step, error);
      return;
    }
    this.#newest = checkpoint;
    onEvent({ type: 'checkpoint', step, ...written, seconds: (performance.now() - began) / 1000 });
    if (this.#failuresInARow > 0) {
      onEvent({
        type: 'info',
        message: `Checkpoints are written again, after ${this.#failuresInARow} that could not be`,
      });
    }
    this.#failuresInARow = 0;
  }

  #fail(step: number, cause: unknown): void {
    const { errors, mend, onEvent, onFatal } = this.#deps;
    this.#failures++;
    this.#failuresInARow++;
    const error = new LockstepError({
      code: writeCodeOf(cause),
      what: `The checkpoint of step ${step} cannot be written`,
      why: whyOf(cause),
      mend,
      exitCode: ExitCode.runFailed,
      cause,
    });
    onEvent({ type: 'checkpointFailed', step, reason: error.why, failures: this.#failures });
    if (errors === 'stop') {
      this.#stopped = true;
      onFatal(error);
      return;
    }
    // one warning says it; the others are only counted
    if (this.#failuresInARow > 1) return;
    const newest = this.newestStep === null ? 'there is none yet' : `the newest is that of step ${this.newestStep}`;
    onEvent({ type: 'warning', message: `${error.what}: ${error.why}. The run goes on without it; ${newest}` });
  }
}

function whyOf(error: unknown): string {
  if (error instanceof WriteFailure) {
    return `writing the ${error.bytes} bytes of ${error.path} failed: ${ioReason(error.cause)}`;
  }
  return error instanceof LockstepError ? `${error.what}: ${error.why}` : ioReason(error);
}
