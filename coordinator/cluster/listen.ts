// Opens a run to other machines: reads what --listen and its companions name, checks that it is safe, and puts together
// server, members and executor.

import type { Dataset } from '../../src/data/dataset.ts';
import type { Engine } from '../../src/engine.ts';
import { LockstepError } from '../../src/errors.ts';
import { readSecretText, readText, readToken } from '../../src/host/files/secret-files.ts';
import { isLoopback } from '../../src/host/loopback.ts';
import { unlessAborted } from '../../src/host/unless-aborted.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { PART_SAMPLES } from '../../src/kernels/memory-plan.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import type { Plain } from '../../src/wire/codec.ts';
import { datasetBytes, datasetDigest } from '../../src/wire/dataset-bytes.ts';
import { asText } from '../../src/wire/fields.ts';
import type { Identity } from '../../src/wire/handshake.ts';
import { RUN_NAME_LENGTH } from '../../src/wire/limits.ts';
import { nodeMessageReader } from '../../src/wire/read-node-message.ts';
import type { LocalThreads } from '../executors/executor.ts';
import type { ShardSizes } from '../executors/shard-sizes.ts';
import { nobody, type Observer } from '../executors/worker-status.ts';
import type { ClusterLimits } from './cluster-limits.ts';
import { ClusterMembers } from './cluster-members.ts';
import { NodeServer } from './node-server.ts';
import { SocketExecutor } from './socket-executor.ts';

export interface ListenDeps {
  readonly options: TrainOptions;
  /** What shapes the run, as config.json holds it. */
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly runName: string;
  readonly data: Dataset;
  readonly memory: RunMemory;
  readonly kernels: Kernels;
  readonly engine: Engine;
  readonly local: LocalThreads | null;
  readonly sizes: ShardSizes;
  readonly limits: ClusterLimits;
  readonly identity: Identity;
  readonly signal: AbortSignal;
  readonly observer?: Observer;
  readonly onEvent: (event: TrainEvent) => void;
}

// A coordinator that pauses is forgiven for longer than a node is.
const COORDINATOR_TIMEOUT_MS = 60_000;

/** Resolves when enough workers are there. */
export async function listen(parts: ListenDeps): Promise<SocketExecutor> {
  const {
    options,
    memory,
    kernels,
    engine,
    local,
    sizes,
    limits,
    identity,
    signal,
    observer = nobody,
    onEvent,
  } = parts;
  const { host, port } = hostAndPort(options.listen!);
  const warn = (message: string) => onEvent({ type: 'warning', message });
  const token = await unlessAborted(readToken(options.tokenFile, warn), signal);
  checkExposure(host, token !== null, options.insecure, warn);
  const heartbeatTimeoutMs = options.heartbeatTimeout * 1000;
  const valueCount = memory.plan.vectorBytes / 4;
  let bytes: Uint8Array | null = null;
  const bytesOfData = () => {
    bytes ??= datasetBytes(parts.data);
    return bytes;
  };

  const { step } = limits;
  const executor = new SocketExecutor({ memory, kernels, engine, local, sizes, step, observer, signal, onEvent });
  const members = new ClusterMembers(
    {
      minThreads: options.minWorkers,
      joinTimeoutMs: options.joinTimeout === null ? null : options.joinTimeout * 1000,
      heartbeatTimeoutMs,
      strangers: limits.strangers,
      mostNodes: limits.mostNodes,
      identity,
      read: nodeMessageReader({
        valueCount,
        shards: options.shards,
        batchSize: options.batchSize,
        evaluationParts: Math.max(sizes.parts('validation'), sizes.parts('test')),
        partSamples: PART_SAMPLES,
      }),
      welcome: {
        // a folder may be named with anything
        run: asText(parts.runName, RUN_NAME_LENGTH),
        configuration: JSON.parse(JSON.stringify(parts.configuration)) as { readonly [key: string]: Plain },
        dataDigest: datasetDigest(parts.data),
        dataBytes: bytesOfData().length,
        valueCount,
        heartbeatIntervalMs: Math.max(1, Math.floor(heartbeatTimeoutMs / 4)),
        coordinatorTimeoutMs: Math.max(COORDINATOR_TIMEOUT_MS, 6 * heartbeatTimeoutMs),
      },
      datasetBytes: bytesOfData,
      onTraffic: (direction, count) => {
        executor.counts[direction === 'sent' ? 'sentBytes' : 'receivedBytes'] += count;
      },
      onEvent,
    },
    executor.handlers,
  );
  let server: NodeServer;
  try {
    server = await NodeServer.listen(
      {
        strangers: limits.strangers,
        host,
        port,
        token,
        allowedOrigins: options.allowOrigin,
        tls: await unlessAborted(readTls(options, warn), signal),
        engine: identity.engine,
        valueCount,
      },
      (socket, address, greeted) => members.add(socket, address, greeted),
    );
  } catch (error) {
    members.close('shuttingDown', 'the server did not start');
    throw error;
  }
  executor.attach(members, async (finished) => {
    members.close(finished ? 'runOver' : 'shuttingDown', finished ? 'the run is over' : 'the coordinator was stopped');
    await server.close();
    const { sentBytes, receivedBytes } = executor.counts;
    if (sentBytes > 0) onEvent({ type: 'traffic', sentBytes, receivedBytes });
  });
  observer.attach(() => executor.status());
  const { url, bound } = server;
  onEvent({ type: 'listening', url, ...bound, tls: options.tlsCert !== null, token: token !== null });
  members.start();
  try {
    await executor.ready(signal);
  } catch (error) {
    await executor.close(false);
    throw error;
  }
  return executor;
}

/** HOST:PORT, with [::1]:7070 for IPv6. */
export function hostAndPort(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--listen ${text} is no address`,
      why: 'it must be HOST:PORT, with a port from 0 to 65535',
      mend: 'For example --listen 127.0.0.1:7070, --listen 0.0.0.0:7070 or --listen [::1]:0',
    });
  }
  return { host: match[1] ?? match[2]!, port };
}

function checkExposure(host: string, hasToken: boolean, insecure: boolean, warn: (message: string) => void): void {
  if (hasToken || isLoopback(host)) return;
  if (insecure) {
    warn(`anybody who can reach ${host} may join this run: there is no token (--insecure)`);
    return;
  }
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_TOKEN_MISSING',
    what: `Listening at ${host} needs a token`,
    why: 'that address can be reached from other machines, and anybody there could join',
    mend: 'Write one with: (umask 077; openssl rand -hex 32 > token); and give it to both sides with --token-file token (or use --insecure)',
  });
}

async function readTls(
  { tlsCert, tlsKey }: TrainOptions,
  warn: (message: string) => void,
): Promise<{ certificate: string; key: string } | null> {
  if (tlsCert === null && tlsKey === null) return null;
  if (tlsCert === null || tlsKey === null) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--tls-${tlsCert === null ? 'cert' : 'key'} is missing`,
      why: 'wss:// needs a certificate and its key',
      mend: 'Give both --tls-cert FILE and --tls-key FILE',
    });
  }
  const key = await readSecretText(tlsKey, 'TLS key', warn);
  return { certificate: await readText(tlsCert, 'TLS certificate'), key };
}
