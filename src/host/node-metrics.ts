// A node's own small page of metrics: its table, and the server that shows it.

import { Exposition, type MetricRow } from './exposition.ts';
import { plain, WatchServer } from './http/http-server.ts';

export const nodeMetricTable = {
  nodeConnected: {
    name: 'lockstep_node_connected',
    type: 'gauge',
    help: '1 while the node is a member of a run.',
    labels: {},
  },
  nodeThreads: {
    name: 'lockstep_node_threads',
    type: 'gauge',
    help: 'Computing threads of the node.',
    labels: {},
  },
  nodeWide: {
    name: 'lockstep_node_wide_vectors',
    type: 'gauge',
    help: '1 if the node computes with wide vectors (--wide), else 0.',
    labels: {},
  },
  nodeWideChecks: {
    name: 'lockstep_node_wide_checks_total',
    type: 'counter',
    help: 'Tasks that narrow code did again beside wide vectors, to the same bits. The first other bit ends the node.',
    labels: {},
  },
  nodeShards: {
    name: 'lockstep_node_shards_total',
    type: 'counter',
    help: 'Shards that the node has computed and sent, over all its connections.',
    labels: {},
  },
  nodeSamples: {
    name: 'lockstep_node_samples_total',
    type: 'counter',
    help: 'Samples of these shards.',
    labels: {},
  },
  nodeConnections: {
    name: 'lockstep_node_connections_total',
    type: 'counter',
    help: 'Connections to a coordinator that became members.',
    labels: {},
  },
} as const satisfies Record<string, MetricRow>;

export interface NodeValues {
  readonly connected: boolean;
  readonly threads: number;
  readonly wide: boolean;
  readonly wideChecks: number;
  readonly shardsDone: number;
  readonly samplesDone: number;
  readonly connections: number;
}

function nodeExposition(read: () => NodeValues): Exposition {
  const rows: readonly MetricRow[] = Object.values(nodeMetricTable);
  return new Exposition(
    rows,
    () => {
      const { connected, threads, wide, wideChecks, shardsDone, samplesDone, connections } = read();
      const values = [connected ? 1 : 0, threads, wide ? 1 : 0, wideChecks, shardsDone, samplesDone, connections];
      return rows.map((row, i) => ({ row, samples: [{ name: row.name, labels: {}, value: values[i]! }] }));
    },
    true,
  );
}

/** @throws LockstepError where it cannot listen there */
export async function serveNodeMetrics(
  at: { readonly host: string; readonly port: number; readonly allowHost: readonly string[] },
  read: () => NodeValues,
  log: (level: 'info' | 'warning', message: string) => void,
): Promise<WatchServer> {
  const exposition = nodeExposition(read);
  const server = await WatchServer.listen(
    { ...at, orAny: false },
    {
      '/metrics': async (_request, response) => {
        const text = await exposition.text();
        response.writeHead(200, { 'content-type': exposition.contentType }).end(text);
      },
      '/healthz': (_request, response) => plain(response, 200, 'ok\n'),
    },
  );
  log('info', `Metrics of this node at ${server.url}metrics`);
  return server;
}
