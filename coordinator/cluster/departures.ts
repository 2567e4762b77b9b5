// Which nodes have gone and why, for whoever watches. Keeps books; decides nothing, and knows no sockets.

import type { WorkerEvictionReason } from '../../src/run/cluster-event.ts';
import type { CloseName } from '../../src/wire/close-codes.ts';
import type { Departure, WorkerStatus } from '../executors/worker-status.ts';

const MOST_DEPARTURES = 20;

export class Departures {
  readonly #latest: Departure[] = [];
  readonly #evictions: Partial<Record<WorkerEvictionReason, number>> = {};

  /** The latest ones, oldest first. */
  get latest(): readonly Departure[] {
    return this.#latest;
  }

  /** All of the run, counted. */
  get evictions(): Readonly<Partial<Record<WorkerEvictionReason, number>>> {
    return this.#evictions;
  }

  /** `eviction`: null where it went as agreed. */
  add(worker: WorkerStatus, eviction: WorkerEvictionReason | null, reason: string): void {
    this.#latest.push({ worker, eviction, reason });
    if (this.#latest.length > MOST_DEPARTURES) this.#latest.shift();
    if (eviction !== null) this.#evictions[eviction] = (this.#evictions[eviction] ?? 0) + 1;
  }
}

/** Why a node went, from the name of the close code that its connection ended with; null: as agreed. Undefined: it just broke. */
export function evictionOf(closed: CloseName | undefined): WorkerEvictionReason | null {
  switch (closed) {
    case 'runOver':
    case 'shuttingDown':
    case 'leaving':
    case 'full':
      return null;
    case undefined:
      return 'connection_lost';
    case 'heartbeatTimeout':
    case 'handshakeTimeout':
      return 'heartbeat_timeout';
    case 'notReading':
      return 'not_reading';
    case 'nonFinite':
      return 'non_finite';
    case 'falseAnswer':
      return 'false_answer';
    case 'engineFailed':
    case 'internal':
    case 'doesNotFit':
      return 'engine_failed';
    default:
      return 'protocol_error';
  }
}
