// Flags that several commands have, and that mean the same in each.

import { type Flag, type Flags, ungrouped } from '../../src/options/flags.ts';
import { optionTable } from '../../src/options/option-table.ts';
import { ofOtherData, type ReadingOptions, readingFlags } from '../../src/options/reading.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { type CheckpointChoice, checkpointChoice, onOff, orNull } from '../../src/options/value-kinds.ts';

export const verboseFlag: Flag<boolean> = {
  flag: '--verbose',
  kind: onOff,
  default: false,
  help: 'show the stack trace of an error',
};

export const wideFlag: Flag<boolean> = {
  flag: '--wide',
  kind: onOff,
  default: false,
  defaultText: 'LOCKSTEP_WIDE',
  help: 'vectors of 256 bits, an experiment of V8: only where it was proven; never changes the result',
};

export const checkpointFlag: Flag<CheckpointChoice | null> = {
  flag: '--checkpoint <which>',
  kind: orNull(checkpointChoice),
  default: null,
  defaultText: 'the model that the run left',
  help: 'take a checkpoint instead: last, best (by validation loss) or a step; the run may be unfinished',
};

export function jsonFlag(help = 'print the result as JSON, the last line of stdout'): Flag<boolean> {
  return { flag: '--json', kind: onOff, default: false, help };
}

/** `defaultText`: whose data are taken without it. */
export function dataFlag(defaultText: string): Flag<string | null> {
  const { flag, kind, help } = optionTable.data;
  return { flag, kind, default: null, defaultText, help };
}

/** Of other data; what is not given is as the run had it. `undivided`: what is the test set without --test-size. */
export function likeTheRun(undivided: string): Flags<ReadingOptions> {
  return {
    ...readingFlags,
    label: { ...readingFlags.label, defaultText: "as the run's own" },
    pixelMax: { ...readingFlags.pixelMax, defaultText: "as the run's own" },
    imageSize: { ...readingFlags.imageSize, defaultText: "as the run's own" },
    testSize: { ...readingFlags.testSize, defaultText: undivided },
  };
}

/** Tells of flags that were given in vain, where `data` are the run's own. `more`: such of the command itself. */
export function tellIdleReading(
  { data, ...given }: ReadingOptions & { readonly data: string | null },
  tell: (message: string) => void,
  more: readonly string[] = [],
): void {
  const idle = [...more, ...ofOtherData(given)];
  if (data !== null || idle.length === 0) return;
  tell(
    `Warning: the run's own data are read as the run read them, so that ${idle.join(', ')} had no effect: --data PATH names other data`,
  );
}

/** What changes what is read, as `train` has it; `seed` draws a test set. */
export type SourceOptions = ReadingOptions & Pick<TrainOptions, 'transpose' | 'seed'>;

/** Of commands that read data which belong to no run. */
export const sourceFlags: Flags<SourceOptions> = {
  transpose: ungrouped(optionTable.transpose),
  ...readingFlags,
  seed: { ...ungrouped(optionTable.seed), help: 'by it --test-size draws' },
};

/** Of whoever computes steps of a run again. */
export const threadsFlag: Flag<number | null> = {
  ...ungrouped(optionTable.threads),
  defaultText: 'available cores, at most shards',
  help: 'computing threads; 0 = inline; never changes the result',
};

/** Those of `workFlags`. */
export type WorkOptions = Pick<TrainOptions, 'hidden' | 'batchSize' | 'shards' | 'engine'>;

/** Of the options of a run those that its speed depends on, as `train` has them; where help has no groups. */
export const workFlags: Flags<WorkOptions> = {
  hidden: ungrouped(optionTable.hidden),
  batchSize: ungrouped(optionTable.batchSize),
  shards: ungrouped(optionTable.shards),
  engine: ungrouped(optionTable.engine),
};
