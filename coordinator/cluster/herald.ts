// Tells the other ranks of a launch how it ended where the run itself never listened: one that was finished already, or was refused.
// They are looking for rank 0, and would else look in vain for as long as they may.

import { ExitCode } from '../../src/errors.ts';
import type { ClusterEvent } from '../../src/run/cluster-event.ts';
import { ProtocolError } from '../../src/wire/protocol-error.ts';
import { nodeMessageReader } from '../../src/wire/read-node-message.ts';
import { NodeConnection } from './node-connection.ts';
import { NodeServer, type NodeServerOptions } from './node-server.ts';

export interface HeraldOptions {
  readonly server: NodeServerOptions;
  /** Of all ranks, rank 0 included. */
  readonly size: number;
  readonly exitCode: ExitCode;
  /** How long those that have not come yet are waited for. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: ClusterEvent) => void;
}

// no message but hello is read
const bounds = { valueCount: 0, shards: 1, batchSize: 1, evaluationParts: 1, partSamples: 1 };

/** Resolves when all have been told, or are waited for no longer. */
export async function tellRanks({ server, size, exitCode, patienceMs, signal, onEvent }: HeraldOptions): Promise<void> {
  const told = new Set<number>();
  let done: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    done = resolve;
  });
  const name = exitCode === ExitCode.done ? 'runOver' : 'shuttingDown';
  const reason = exitCode === ExitCode.done ? 'the run is over' : 'the coordinator was stopped';
  const nodes = new NodeServer(server, (socket, greeted) => {
    const connection: NodeConnection = new NodeConnection(socket, nodeMessageReader(bounds), {
      onTraffic: () => undefined,
      onMessage: (message) => {
        if (message.type !== 'hello') throw new ProtocolError('outOfOrder', `${message.type} before hello`);
        greeted();
        connection.finish(name, reason, exitCode);
        if (message.rank !== null) told.add(message.rank);
        if (told.size >= size - 1) done();
      },
      onClose: () => undefined,
    });
  });
  const timer = setTimeout(done, patienceMs);
  signal.addEventListener('abort', done);
  try {
    await nodes.listen();
    const { url, bound } = nodes;
    onEvent({ type: 'listening', url, ...bound, tls: server.tls !== null, token: server.token !== null });
    if (!signal.aborted) await over;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', done);
    await nodes.close();
  }
}
