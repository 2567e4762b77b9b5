// Tells TensorBoard of a run: what is told of it becomes records, and these are written now and then, without anybody waiting
// for the disk. What cannot be written costs a warning, never the run.

import { type Moment, sessionEndRecord, sessionStartRecord, versionRecord } from '../../../src/formats/tensorboard.ts';
import { ioReason } from '../../../src/host/files/io-reason.ts';
import type { TrainEvent } from '../../../src/run/events.ts';
import type { Facts } from '../../../src/run/run-record.ts';
import type { Sums } from '../../../src/sums.ts';
import { GrowingEventFile, hasEventFiles, replaceEventFile } from '../../run-folder/event-files.ts';
import type { WatchedStart } from '../model/watched-run.ts';
import { BoardRecords, hparamsOf } from './board-records.ts';

/** TensorBoard itself looks every 30 s, or every 5 s where it is asked to. */
const WRITE_EVERY_MS = 2_000;

export interface BoardDeps {
  readonly runFolder: string;
  readonly facts: Pick<Facts, 'config' | 'engine'>;
  /** Where the run goes on; with its epochs before that, where no event file tells of them. */
  readonly start: Pick<WatchedStart, 'steps' | 'epochs'>;
}

/** Epochs that a run had before, and that no event file of its folder tells of. */
export async function untoldEpochs(runFolder: string, before: WatchedStart['epochs']): Promise<WatchedStart['epochs']> {
  // where it cannot be looked into, it cannot be written to: that is told of then
  return (await hasEventFiles(runFolder).catch(() => true)) ? [] : before;
}

export class Board {
  readonly #deps: BoardDeps;
  readonly #warn: (message: string) => void;
  readonly #file: GrowingEventFile;
  /** null: training has not begun. */
  #records: BoardRecords | null = null;
  #session: Uint8Array[] = [];
  #steps: number;
  #writtenMs = performance.now();
  #writing: Promise<void> = Promise.resolve();
  /** Whether a writing is due that has not begun. */
  #waiting = false;

  constructor(deps: BoardDeps, warn: (message: string) => void) {
    this.#deps = deps;
    this.#warn = warn;
    this.#file = new GrowingEventFile(deps.runFolder);
    this.#steps = deps.start.steps;
  }

  tell(event: TrainEvent): void {
    if (event.type === 'start') this.#begin(event.endStep, event.epochs);
    if (event.type === 'epoch') this.#add(this.#records?.epoch(unixSeconds(), event.epoch, event) ?? []);
    // before its checkpoint is on the disk: a run that is killed goes on behind that
    if (event.type === 'epoch' || event.type === 'checkpoint') this.#writeSoon();
    if (event.type === 'test') this.#add(this.#records?.test(unixSeconds(), this.#steps, event.figures) ?? []);
  }

  step(step: number, sums: Sums, ms: number | null, learningRate: number): void {
    this.#steps = step + 1;
    this.#add(this.#records?.step(unixSeconds, step, sums, ms, learningRate) ?? []);
  }

  /** The run goes on from where it stood before. */
  goBack(steps: number): void {
    this.#steps = steps;
    this.#add(this.#records?.goBack(unixSeconds(), steps) ?? []);
  }

  /** All of it is on the disk then, as far as it can be written. A run that was stopped may go on: it has no end. */
  async end(state: 'done' | 'stopped' | 'failed'): Promise<void> {
    if (this.#records !== null) {
      this.#write(() => this.#file.write());
      const session = [...this.#session, sessionEndRecord(beginning(), state === 'done')];
      if (state !== 'stopped') this.#write(() => this.#replaceSession(session));
    }
    this.#write(() => this.#file.close());
    await this.#writing;
  }

  #begin(endStep: number, epochs: number): void {
    const { facts, start } = this.#deps;
    const at = beginning();
    this.#session = [versionRecord(at.seconds), sessionStartRecord(at, hparamsOf(facts))];
    this.#write(() => this.#replaceSession(this.#session));
    this.#records = new BoardRecords(endStep, epochs);
    for (const record of this.#records.begin(at.seconds, start.steps, facts.config, start.epochs))
      this.#file.add(record);
    this.#write(() => this.#file.write());
  }

  #add(records: readonly Uint8Array[]): void {
    for (const record of records) this.#file.add(record);
    if (records.length > 0 && performance.now() - this.#writtenMs > WRITE_EVERY_MS) this.#writeSoon();
  }

  #writeSoon(): void {
    if (this.#waiting || this.#records === null) return;
    this.#waiting = true;
    this.#write(() => {
      this.#waiting = false;
      return this.#file.write();
    });
  }

  async #replaceSession(records: readonly Uint8Array[]): Promise<void> {
    await replaceEventFile(this.#deps.runFolder, 'session', records);
  }

  /** After what is being written. */
  #write(write: () => Promise<void>): void {
    this.#writtenMs = performance.now();
    this.#writing = this.#writing.then(write).catch((error: unknown) => {
      this.#warn(`what TensorBoard reads was not written: ${ioReason(error)}; the run goes on`);
    });
  }
}

/** What is told of a run as a whole stands before its steps. */
function beginning(): Moment {
  return { seconds: unixSeconds(), step: 0 };
}

function unixSeconds(): number {
  return Date.now() / 1000;
}
