// The result of a process on stdout, to its last words.

import { setTimeout as delay } from 'node:timers/promises';
import { ExitCode, LockstepError } from '../../errors.ts';
import { written } from './output.ts';
import { settled } from './unbroken.ts';

/** How long an interrupted process waits for its last file and its last words. */
const LAST_WORDS_MS = 1000;

export class Results {
  readonly #stream: NodeJS.WriteStream;
  /** The process was told to end, and only its last words are still to be written. */
  #ending = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** Resolves when the text is out, or when nobody reads it any more. */
  async print(text: string): Promise<void> {
    // what nobody waits for any more has no result
    if (this.#ending) return await new Promise<never>(() => {});
    const error = await new Promise<Error | null | undefined>((resolve) => this.#stream.write(text, resolve));
    if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE') {
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_WRITE_FAILED',
        what: 'The result cannot be written to stdout',
        why: error.message,
        mend: 'Read it in summary.json in the run folder',
        exitCode: ExitCode.runFailed,
        cause: error,
      });
    }
  }

  /** What is left of an interrupted command may be work that nobody waits for; and nobody may read its last words. */
  async lastWords(): Promise<void> {
    this.#ending = true;
    const patience = delay(LAST_WORDS_MS);
    await Promise.race([patience, settled()]);
    await Promise.race([patience, Promise.all([written(this.#stream), written(process.stderr)])]);
  }
}
