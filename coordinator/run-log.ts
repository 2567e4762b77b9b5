// log.json of a run: where it ran, and what happened on the way (workers that joined, died or were evicted, warnings), with
// the times of it all. Kept apart from history.json, which is the same for equal runs.

import { cpus, totalmem } from 'node:os';
import type { TrainEvent } from '../src/events.ts';

export interface Environment {
  readonly program: string;
  readonly node: string;
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly threads: number;
  readonly nodes: boolean;
}

export interface LogEntry {
  /** Since the run began, all its processes counted. */
  readonly seconds: number;
  readonly level: 'info' | 'warning';
  readonly message: string;
}

export interface RunLogFile {
  readonly started: string;
  readonly environment: Environment;
  readonly events: readonly LogEntry[];
}

/** A run of days may warn often: the first and the last say most. */
const MOST = 1000;

export class RunLog {
  readonly #started = new Date().toISOString();
  readonly #events: LogEntry[] = [];
  readonly #seconds: () => number;

  constructor(seconds: () => number) {
    this.#seconds = seconds;
  }

  add(event: TrainEvent): void {
    if (event.type !== 'info' && event.type !== 'warning') return;
    if (this.#events.length >= MOST) this.#events.splice(MOST / 2, 1);
    this.#events.push({ seconds: this.#seconds(), level: event.type, message: event.message });
  }

  file(program: string, threads: number, nodes: boolean): RunLogFile {
    const environment = {
      program,
      node: process.version,
      system: `${process.platform} ${process.arch}`,
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memoryBytes: totalmem(),
      threads,
      nodes,
    };
    return { started: this.#started, environment, events: this.#events };
  }
}
