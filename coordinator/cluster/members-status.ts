// What whoever watches is told of a run's workers: this machine's threads and the nodes. Reads; changes nothing.

import type { Vitals } from '../executors/worker-status.ts';
import type { Crew, CrewMember } from './cluster-members.ts';
import type { LedgerNode, NodeLedger } from './node-ledger.ts';
import type { SocketCounts } from './socket-counts.ts';

/** `local`: of this machine's threads. `waitMs`: worker-milliseconds that nodes have waited. `waiting`: why the run waits. */
export function vitalsOf(
  crew: Crew,
  ledger: NodeLedger,
  local: Vitals,
  { reassignedShards, nonFiniteShards, sentBytes, receivedBytes }: SocketCounts,
  waitMs: number,
  waiting: string | null,
): Vitals {
  const nodes = [...crew.members.values()].filter(({ connection }) => connection !== null);
  return {
    workers: [...local.workers, ...nodes.map((member) => ledger.vitals(ledgerNodeOf(crew, member)))],
    departures: ledger.departures,
    counts: {
      reassignedShards,
      nonFiniteShards,
      sentBytes,
      receivedBytes,
      waitMs: local.counts.waitMs + waitMs,
      evictions: { ...local.counts.evictions, ...ledger.evictions },
    },
    waiting,
  };
}

export function ledgerNodeOf(crew: Crew, { workerId, name, threads, metricsAddress }: CrewMember): LedgerNode {
  const member = crew.membership.members.get(workerId);
  const silentMs = member === undefined ? null : Math.max(0, crew.nowMs - member.heardAtMs);
  return { workerId, name, threads, state: member?.phase ?? 'leaving', silentMs, metricsAddress };
}
