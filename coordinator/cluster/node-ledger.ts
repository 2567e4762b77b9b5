// What each node has done and why it went, as metrics and live page show it. Keeps books; decides nothing, and knows no
// sockets.

import type { EvictionReason } from '../../src/run/cluster-event.ts';
import type { CloseName } from '../../src/wire/close-codes.ts';
import type { Departure, WorkerState, WorkerStatus } from '../executors/worker-status.ts';

/** What the ledger needs to know of a node beside its sums. */
export interface LedgerNode {
  readonly workerId: number;
  readonly name: string;
  readonly threads: number;
  readonly state: WorkerState;
  readonly silentMs: number | null;
  readonly metricsAddress: string | null;
}

const MOST_DEPARTURES = 20;

export class NodeLedger {
  readonly #firstRank: number;
  readonly #sums = new Map<number, { rank: number; shards: number; samples: number; computeMs: number }>();
  readonly #departures: Departure[] = [];
  readonly #evictions: Partial<Record<EvictionReason, number>> = {};

  /** `firstRank`: those below belong to others. */
  constructor(firstRank: number) {
    this.#firstRank = firstRank;
  }

  get departures(): readonly Departure[] {
    return this.#departures;
  }

  get evictions(): Readonly<Partial<Record<EvictionReason, number>>> {
    return this.#evictions;
  }

  measured(workerId: number, shards: number, samples: number, computeMs: number): void {
    const sums = this.#of(workerId);
    sums.shards += shards;
    sums.samples += samples;
    sums.computeMs += computeMs;
  }

  status({ workerId, ...node }: LedgerNode): WorkerStatus {
    return { ...node, id: `node-${workerId}`, transport: 'websocket', ...this.#of(workerId) };
  }

  left(node: LedgerNode, eviction: EvictionReason | null, reason: string): void {
    this.#departures.push({ worker: this.status(node), eviction, reason });
    if (this.#departures.length > MOST_DEPARTURES) this.#departures.shift();
    if (eviction !== null) this.#evictions[eviction] = (this.#evictions[eviction] ?? 0) + 1;
    this.#sums.delete(node.workerId);
  }

  /** A node takes the smallest free rank, so that ranks stay as few as there are workers at a time. */
  #of(workerId: number) {
    let sums = this.#sums.get(workerId);
    if (sums === undefined) {
      const taken = new Set([...this.#sums.values()].map(({ rank }) => rank));
      let rank = this.#firstRank;
      while (taken.has(rank)) rank++;
      sums = { rank, shards: 0, samples: 0, computeMs: 0 };
      this.#sums.set(workerId, sums);
    }
    return sums;
  }
}

/** Why a node went, from the name of its close code; null: as agreed. Undefined stands for a connection that just broke. */
export function evictionOf(name: CloseName | undefined): EvictionReason | null {
  switch (name) {
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
