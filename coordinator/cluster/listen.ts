// Opens a run to other machines: reads what --listen and its companions name, and checks that it is safe.

import { randomBytes } from 'node:crypto';
import type { Dataset } from '../../src/data/dataset.ts';
import type { Engine } from '../../src/engine.ts';
import { LockstepError } from '../../src/errors.ts';
import { readSecretText, readText, readToken } from '../../src/host/files/secret-files.ts';
import { type StrangerLimits, strangerLimits } from '../../src/host/http/stranger-limits.ts';
import { isLoopback } from '../../src/host/loopback.ts';
import { unlessAborted } from '../../src/host/unless-aborted.ts';
import { PART_SAMPLES } from '../../src/kernels/memory-shape.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { hostAndPort } from '../../src/options/address-kinds.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import { exitCodeOf } from '../../src/text/error-text.ts';
import type { Plain } from '../../src/wire/codec.ts';
import { DatasetBytes, datasetDigest } from '../../src/wire/dataset-bytes.ts';
import { asText } from '../../src/wire/fields.ts';
import type { Identity } from '../../src/wire/handshake.ts';
import { RUN_NAME_LENGTH } from '../../src/wire/limits.ts';
import { nodeMessageReader } from '../../src/wire/read-node-message.ts';
import { AuditMachine } from '../audit/audit-machine.ts';
import { AUDIT_KEY_BYTES } from '../audit/draw.ts';
import type { LocalThreads } from '../executors/executor.ts';
import type { ShardSizes } from '../executors/shard-sizes.ts';
import { nobody, type Observer } from '../executors/worker-status.ts';
import { type LinkOptions, linkDefaults } from '../step/parameter-form.ts';
import type { Measurement } from '../step/speed.ts';
import type { StepOptions } from '../step/step-events.ts';
import { stepDefaults } from '../step/step-machine.ts';
import { certificateRemark } from './certificate.ts';
import type { LaunchOfRun } from './launch-of-run.ts';
import { SocketExecutor } from './socket-executor.ts';

export interface ListenDeps {
  readonly options: TrainOptions;
  /** What shapes the run, as config.json holds it. */
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly runName: string;
  readonly data: Dataset;
  readonly memory: RunMemory;
  readonly engine: Engine;
  readonly local: LocalThreads | null;
  readonly sizes: ShardSizes;
  readonly limits: ClusterLimits;
  readonly identity: Identity;
  readonly signal: AbortSignal;
  readonly observer?: Observer;
  /** null: no launcher started this process. */
  readonly launch?: LaunchOfRun | null;
  readonly onEvent: (event: TrainEvent) => void;
}

/** What no flag changes; tests do. */
export interface ClusterLimits {
  /** When an attempt is late. */
  readonly step: StepOptions;
  /** What the clocks say of an attempt -> what is taken for its measurement. Shares of the work follow from it. */
  readonly measured: (clocked: Measurement) => Measurement;
  /** When parameters are packed. */
  readonly link: LinkOptions;
  /** Nodes at a time; further ones are told to come again later. */
  readonly mostNodes: number;
  /** Whoever has not said hello yet. */
  readonly strangers: StrangerLimits;
}

export const clusterLimits: ClusterLimits = {
  strangers: strangerLimits,
  step: stepDefaults,
  measured: (clocked) => clocked,
  link: linkDefaults,
  mostNodes: 1_024,
};

// A coordinator that pauses is forgiven for longer than a node is.
const COORDINATOR_TIMEOUT_MS = 60_000;

/** Resolves when enough workers are there. */
export async function listen(deps: ListenDeps): Promise<SocketExecutor> {
  const {
    options,
    memory,
    engine,
    local,
    sizes,
    limits,
    identity,
    signal,
    launch = null,
    observer = nobody,
    onEvent,
  } = deps;
  // sound because such options were refused
  const { host, port } = hostAndPort(options.listen!)!;
  const warn = (message: string) => onEvent({ type: 'warning', message });
  const token = launch?.token ?? (await unlessAborted(readToken(options.tokenFile, warn), signal));
  checkExposure(host, token !== null, options.insecure, warn);
  const tls = await unlessAborted(readTls(options, warn), signal);
  const heartbeatTimeoutMs = options.heartbeatTimeout * 1000;
  const valueCount = memory.plan.vectorBytes / 4;
  const datasetBytes = new DatasetBytes(deps.data);

  const machine = options.audit > 0 ? new AuditMachine() : null;
  const audits = machine && { share: options.audit, key: randomBytes(AUDIT_KEY_BYTES), machine };

  const executor = new SocketExecutor({
    memory,
    engine,
    local,
    sizes,
    observer,
    late: limits.step,
    members: {
      localThreads: local?.pool.capacity ?? 0,
      // this engine and theirs are made by one description
      localWide: engine.wide ?? false,
      minThreads: options.minWorkers,
      launchSize: launch?.size ?? 0,
      joinTimeoutMs: options.joinTimeout === null ? null : options.joinTimeout * 1000,
      heartbeatTimeoutMs,
      strangers: limits.strangers,
      mostNodes: limits.mostNodes,
      measured: limits.measured,
      link: limits.link,
      identity,
      refusal: (name, address) => machine?.refusal(name, address) ?? null,
      read: nodeMessageReader({
        valueCount,
        shards: options.shards,
        batchSize: options.batchSize,
        evaluationParts: Math.max(sizes.parts('validation'), sizes.parts('test')),
        partSamples: PART_SAMPLES,
      }),
      welcome: {
        // a folder may be named with anything
        run: asText(deps.runName, RUN_NAME_LENGTH),
        configuration: JSON.parse(JSON.stringify(deps.configuration)) as { readonly [key: string]: Plain },
        dataDigest: datasetDigest(deps.data),
        dataBytes: datasetBytes.length,
        valueCount,
        heartbeatIntervalMs: Math.max(1, Math.floor(heartbeatTimeoutMs / 4)),
        coordinatorTimeoutMs: Math.max(COORDINATOR_TIMEOUT_MS, 6 * heartbeatTimeoutMs),
      },
      datasetBytes,
      onEvent,
    },
    audits,
    server: {
      strangers: limits.strangers,
      host,
      port,
      ports: launch?.ports ?? 1,
      token,
      allowedOrigins: options.allowOrigin,
      tls,
      engine: identity.engine,
      valueCount,
    },
    signal,
    onEvent,
  });
  observer.attach(() => executor.status());
  try {
    await executor.start();
  } catch (error) {
    await executor.close(exitCodeOf(error));
    throw error;
  }
  return executor;
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

export async function readTls(
  { tlsCert, tlsKey }: Pick<TrainOptions, 'tlsCert' | 'tlsKey'>,
  warn: (message: string) => void,
): Promise<{ certificate: string; key: string } | null> {
  // both or none
  if (tlsCert === null || tlsKey === null) return null;
  const key = await readSecretText(tlsKey, 'TLS key', warn);
  const certificate = await readText(tlsCert, 'TLS certificate');
  const remark = certificateRemark(certificate, key, Date.now());
  if (remark !== null) warn(remark);
  return { certificate, key };
}
