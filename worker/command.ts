// `lockstep worker`: its flags, and what it does with them. Knows nothing of the command line's parser.

import { X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import type { Command, Given } from '../src/command.ts';
import type { Dataset } from '../src/data/dataset.ts';
import { LockstepError, messageOf } from '../src/errors.ts';
import { loadDataset } from '../src/host/data/load-dataset.ts';
import { readText, readToken } from '../src/host/files/secret-files.ts';
import { serveNodeMetrics } from '../src/host/node-metrics.ts';
import { collectForSockets } from '../src/host/process/collect-for-sockets.ts';
import { watchSignals } from '../src/host/process/signals.ts';
import { unlessAborted } from '../src/host/unless-aborted.ts';
import { environmentHelp } from '../src/options/environment.ts';
import { checkedFlags } from '../src/options/flags.ts';
import { readingOf } from '../src/options/reading.ts';
import { type WorkerOptions, workerFlags } from '../src/options/worker-flags.ts';
import { jsonText } from '../src/run/disk-records.ts';
import { counted } from '../src/text/counted.ts';
import { splitAddress } from '../src/text/credentials.ts';
import { asText } from '../src/wire/fields.ts';
import { NAME_LENGTH } from '../src/wire/limits.ts';
import { KnownData } from './node/known-data.ts';
import { type NodeResult, runNode } from './node/node.ts';
import { NodeCounts } from './node/node-counts.ts';
import type { NodeWiring } from './node/node-wiring.ts';

/** With the name that it goes by. */
type Options = WorkerOptions & { readonly name: string };

export const worker: Command<Options, WorkerOptions> = {
  name: 'worker',
  summary: 'Compute for a coordinator on another machine (lockstep train --listen).',
  operands: '',
  flags: workerFlags,
  help: `
Examples:
  $ lockstep worker --connect ws://192.168.0.7:7070 --token-file token
  $ lockstep worker --connect wss://trainer.example:7070 --tls-ca ca.pem --threads 8 --keep-alive

${environmentHelp}

Exit codes: 0 the run is over, 1 a failure, 2 what retrying cannot mend (token, versions, engine), 75 no coordinator within
--retry-for, 129, 130 and 143 told to leave.`,
  ends: 'watched',
  takesEnvironment: true,
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
export function workerOptions(given: Given, fromEnvironment: Given = {}): Options {
  const options = checkedFlags(workerFlags, { ...fromEnvironment, ...given }, 'worker');
  const name = options.name ?? hostname();
  if (name !== asText(name, NAME_LENGTH)) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--name ${JSON.stringify(name)} cannot be used`,
      why: `it must be 1 to ${NAME_LENGTH} printable characters, without blanks around them`,
      mend: 'Give another name',
    });
  }
  return { ...options, name };
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
