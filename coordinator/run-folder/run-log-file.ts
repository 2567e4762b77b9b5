// log.json of a run: what happened in each of its processes, in order. A resumed run adds to what is there. It is for people
// only, so that a file that cannot be read or written never stops a run.

import { join } from 'node:path';
import { LockstepError } from '../../src/errors.ts';
import { checkLog, jsonText } from '../../src/run/disk-records.ts';
import { inOrder, type ProcessLog } from './process-log.ts';
import { readChecked } from './trained-model.ts';
import { writeWhole } from './write-whole.ts';

const NAME = 'log.json';

/** A run may be resumed very often: the first process and the last say most. */
const MOST = 100;

export interface RunLog {
  /** The oldest first; empty where nothing is known of them. */
  readonly processes: readonly ProcessLog[];
  /** How many behind the first are not kept. */
  readonly omitted: number;
}

const nothingKnown: RunLog = { processes: [], omitted: 0 };

export async function readLog(folder: string): Promise<RunLog> {
  const log = await readChecked(folder, NAME, checkLog);
  return log === null ? nothingKnown : { processes: log.processes, omitted: log.omitted ?? 0 };
}

/** The log with one process more. */
export function appended({ processes, omitted }: RunLog, next: ProcessLog): RunLog {
  const all = inOrder(processes, next);
  const over = Math.max(0, all.length - MOST);
  return { processes: [all[0]!, ...all.slice(1 + over)], omitted: omitted + over };
}

export class RunLogFile {
  readonly #path: string;
  readonly #before: Promise<RunLog>;
  readonly #current: () => ProcessLog;
  /** What is being written, with everything that was asked before it. */
  #writing: Promise<void> = Promise.resolve();
  #waiting = false;
  /** What stands in the file; null before the first time. */
  #written: string | null = null;

  /**
   * `source`: the folder of the run that this one goes on with, or null. `current`: this process, as it stands. `tell` hears
   * that what was known before cannot be read, and so is lost.
   */
  constructor(
    folder: string,
    source: string | null,
    current: () => ProcessLog,
    tell: (message: string) => void = () => undefined,
  ) {
    this.#path = join(folder, NAME);
    this.#before = source === null ? Promise.resolve(nothingKnown) : readLog(source).catch(lost);
    this.#current = current;
    function lost(error: Error): RunLog {
      const why = error instanceof LockstepError ? `${error.what}: ${error.why}` : error.message;
      tell(`${why}; it begins anew, without the processes before this one`);
      return nothingKnown;
    }
  }

  /** Writes what is known, without being waited for; if it cannot be written, the next time may do. */
  save(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#writing = this.#writing.then(() => this.#write()).catch(() => undefined);
  }

  /** Writes all that is known. @throws where it cannot be written */
  async finish(): Promise<void> {
    await this.#writing;
    await this.#write();
  }

  async #write(): Promise<void> {
    const before = await this.#before;
    this.#waiting = false;
    const { processes, omitted } = appended(before, this.#current());
    const text = `${jsonText({ processes, ...(omitted === 0 ? {} : { omitted }) }, 2)}\n`;
    // a run may have checkpoints often, and seldom news
    if (text === this.#written) return;
    await writeWhole(this.#path, text);
    this.#written = text;
  }
}
