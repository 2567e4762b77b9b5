// A run's workers as a snapshot: this machine's threads and the nodes. Reads; changes nothing.

import type { ExecutorStatus } from '../executors/worker-status.ts';
import type { ClusterMember, ClusterMembers } from './cluster-members.ts';
import type { LedgerNode, NodeLedger } from './node-ledger.ts';
import type { SocketCounts } from './socket-counts.ts';

/** `local`: of this machine's threads. `waitMs`: worker-milliseconds that nodes have waited. `waiting`: why the run waits. */
export function statusOf(
  cluster: ClusterMembers,
  ledger: NodeLedger,
  local: ExecutorStatus,
  { reassignedShards, nonFiniteShards, sentBytes, receivedBytes }: SocketCounts,
  waitMs: number,
  waiting: string | null,
): ExecutorStatus {
  const nodes = [...cluster.members.values()].filter(({ connection }) => connection !== null);
  return {
    workers: [...local.workers, ...nodes.map((member) => ledger.status(ledgerNodeOf(cluster, member)))],
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

export function ledgerNodeOf(
  cluster: ClusterMembers,
  { workerId, name, threads, metricsAddress }: ClusterMember,
): LedgerNode {
  const member = cluster.membership.members.get(workerId);
  const silentMs = member === undefined ? null : Math.max(0, cluster.nowMs - member.heardAtMs);
  return { workerId, name, threads, state: member?.phase ?? 'leaving', silentMs, metricsAddress };
}
