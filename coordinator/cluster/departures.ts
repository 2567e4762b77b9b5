// Which nodes have gone and why, for whoever watches. Keeps books; decides nothing, and knows no sockets.

import type { CloseName } from '../../src/wire/close-codes.ts';
import type { Departure, EvictionReason, WorkerStatus } from '../executors/worker-status.ts';

const MOST_DEPARTURES = 20;

export class Departures {
  readonly #latest: Departure[] = [];
  readonly #evictions: Partial<Record<EvictionReason, number>> = {};

  /** The latest ones, oldest first. */
  get latest(): readonly Departure[] {
    return this.#latest;
  }

  /** All of the run, counted. */
  get evictions(): Readonly<Partial<Record<EvictionReason, number>>> {
    return this.#evictions;
  }

  /** @param closed the name of the close code that its connection ended with; undefined: it just broke */
  add(worker: WorkerStatus, closed: CloseName | undefined, reason: string): void {
    const eviction = evictionOf(closed);
    this.#latest.push({ worker, eviction, reason });
    if (this.#latest.length > MOST_DEPARTURES) this.#latest.shift();
    if (eviction !== null) this.#evictions[eviction] = (this.#evictions[eviction] ?? 0) + 1;
  }
}

/** null: it went as agreed. */
function evictionOf(closed: CloseName | undefined): EvictionReason | null {
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
    case 'engineFailed':
    case 'internal':
    case 'doesNotFit':
      return 'engine_failed';
    default:
      return 'protocol_error';
  }
}
