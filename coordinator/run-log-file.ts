// log.json of a run: what happened in each of its processes, in order. A resumed run adds to what is there. It is for people
// only, so that a file that cannot be read or written never stops a run.

import { join } from 'node:path';
import { checkLog, jsonText } from '../src/disk-records.ts';
import type { ProcessLog } from './run-log.ts';
import { readChecked } from './trained-model.ts';
import { writeWhole } from './write-whole.ts';

const NAME = 'log.json';

/** The processes of the run in `folder`, the oldest first; empty where nothing is known of them. */
export async function readProcesses(folder: string): Promise<readonly ProcessLog[]> {
  return (await readChecked(folder, NAME, checkLog))?.processes ?? [];
}

export class RunLogFile {
  readonly #path: string;
  readonly #before: Promise<readonly ProcessLog[]>;
  readonly #current: () => ProcessLog;
  /** What is being written, with everything that was asked before it. */
  #writing: Promise<void> = Promise.resolve();
  #waiting = false;
  /** What stands in the file; null before the first time. */
  #written: string | null = null;

  /** `source`: the folder of the run that this one goes on with, or null. `current`: this process, as it stands. */
  constructor(folder: string, source: string | null, current: () => ProcessLog) {
    this.#path = join(folder, NAME);
    this.#before = source === null ? Promise.resolve([]) : readProcesses(source).catch(() => []);
    this.#current = current;
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
    const processes = [...before, this.#current()];
    const text = `${jsonText({ processes }, 2)}\n`;
    // a run may have checkpoints often, and seldom news
    if (text === this.#written) return;
    await writeWhole(this.#path, text);
    this.#written = text;
  }
}
