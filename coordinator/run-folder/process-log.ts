// What happened in one process of a run: where it ran, and what became of its workers (who joined, died or was evicted,
// warnings), with the times of it all. Kept apart from history.json, which is the same for equal runs. Knows no files.

import { cpus, totalmem } from 'node:os';
import { ExitCode } from '../../src/errors.ts';
import { eventLine } from '../../src/run/event-text.ts';
import { printableEvent, type TrainEvent } from '../../src/run/events.ts';
import { printable } from '../../src/text/clean-text.ts';

export interface Environment {
  readonly program: string;
  readonly node: string;
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly threads: number;
  readonly nodes: boolean;
  /** Whether its kernels had wide vectors; older processes do not say. */
  readonly wide?: boolean | undefined;
}

export interface LogEntry {
  /** Since the process began. */
  readonly seconds: number;
  readonly level: 'info' | 'warning';
  /** As it was printed. */
  readonly message: string;
  /** The same as data, where it is more than its message. A file may hold those of a newer program. */
  readonly event?: { readonly type: string } | undefined;
}

/** Steps whose tree nodes came from the same workers. */
interface ComputedSteps {
  readonly from: number;
  /** The last of them; null: they went on, as far as is known. */
  readonly to: number | null;
  /** In shard order, "level/index:workerId" each. */
  readonly nodes: string;
}

export interface ProcessLog {
  /** ISO 8601. */
  readonly started: string;
  /** How long after what the machine's clock said, which stood before the end of the process before. */
  readonly clockShiftSeconds?: number | undefined;
  /** Whether it went on with a run that was begun before. */
  readonly resumed: boolean;
  readonly environment: Environment;
  readonly events: readonly LogEntry[];
  /** How many events from the middle are not kept. */
  readonly omitted: number;
  /** Who computed which node of which step, where nodes took part; some of the middle may not be kept. Apart from receipts, which are the same whoever did. */
  readonly computed?: readonly ComputedSteps[] | undefined;
  /** "done", or why it ended before that; null: it did not live to say so. */
  readonly ended: string | null;
  /** Of the process, where it said so; older ones did not. */
  readonly exitCode?: number | undefined;
}

/** The latest time in ISO 8601 that JavaScript knows. */
const LATEST_MS = 8.64e15;

/** The processes of a run, one after the other: time never goes back, though a clock may have been set back in between. */
export function inOrder(before: readonly ProcessLog[], current: ProcessLog): ProcessLog[] {
  const ends = before.map(endMs).filter((end) => Math.abs(end) <= LATEST_MS);
  const shiftMs = Math.max(...ends, Number.NEGATIVE_INFINITY) - Date.parse(current.started);
  if (!(shiftMs > 0)) return [...before, current];
  const started = new Date(Date.parse(current.started) + shiftMs).toISOString();
  return [...before, { ...current, started, clockShiftSeconds: shiftMs / 1000 }];
}

/** The last that is known of it. */
function endMs({ started, events }: ProcessLog): number {
  return Date.parse(started) + 1000 * Math.max(0, ...events.map(({ seconds }) => seconds));
}

/** A run of days may warn often: the first and the last say most. */
const MOST = 1000;

export class ProcessLogger {
  /** Asked for once: the system takes milliseconds to answer. */
  readonly #cores = cpus();
  readonly #started = new Date().toISOString();
  readonly #events: LogEntry[] = [];
  readonly #computed: { from: number; to: number | null; nodes: string }[] = [];
  readonly #seconds: () => number;
  #omitted = 0;
  #ended: { readonly ended: string; readonly exitCode: ExitCode } | null = null;

  constructor(seconds: () => number) {
    this.#seconds = seconds;
  }

  add(event: TrainEvent): void {
    if (event.type === 'done') this.end('done', ExitCode.done);
    if (event.type === 'nodesComputed') this.#addComputed(event);
    const line = eventLine(event);
    if (line === null) return;
    if (this.#events.length >= MOST) {
      this.#events.splice(MOST / 2, 1);
      this.#omitted++;
    }
    const entry = { seconds: this.#seconds(), level: line.level, message: printable(line.text) };
    const isText = event.type === 'info' || event.type === 'warning';
    this.#events.push(isText ? entry : { ...entry, event: printableEvent(event) });
  }

  #addComputed({ step, nodes }: TrainEvent & { type: 'nodesComputed' }): void {
    const last = this.#computed.at(-1);
    // where the run went back, steps were computed again
    if (last !== undefined) last.to ??= Math.max(last.from, step - 1);
    const text = nodes.map(({ level, index, workerId }) => `${level}/${index}:${workerId}`).join(' ');
    if (this.#computed.length >= MOST) this.#computed.splice(MOST / 2, 1);
    this.#computed.push({ from: step, to: null, nodes: text });
  }

  /** The first word counts. */
  end(how: string, exitCode: ExitCode): void {
    this.#ended ??= { ended: printable(how), exitCode };
  }

  log(program: string, threads: number, nodes: boolean, wide: boolean, resumed: boolean): ProcessLog {
    const environment = {
      program,
      node: process.version,
      system: `${process.platform} ${process.arch}`,
      processor: this.#cores[0]?.model.trim() ?? 'unknown',
      cores: this.#cores.length,
      memoryBytes: totalmem(),
      threads,
      nodes,
      wide,
    };
    const [started, events, omitted] = [this.#started, [...this.#events], this.#omitted];
    const computed = this.#computed.length === 0 ? {} : { computed: this.#computed.map((steps) => ({ ...steps })) };
    return { started, resumed, environment, events, omitted, ...computed, ...(this.#ended ?? { ended: null }) };
  }
}
