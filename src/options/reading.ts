// How a run's options have its data read, and the flags by which other commands have data read.

import type { Reading } from '../data/source.ts';
import { bareFlag, type Flags, ungrouped } from './flags.ts';
import { optionTable } from './option-table.ts';
import type { TrainOptions } from './train-options.ts';

/** What one may say of data besides where they are; `transpose` has another form in some commands. */
export type ReadingOptions = Pick<
  TrainOptions,
  'label' | 'firstLabel' | 'pixelMax' | 'grey' | 'imageSize' | 'testSize'
>;

/** Options that make other data of the same files. */
export const readingKeys = ['transpose', 'label', 'firstLabel', 'pixelMax', 'grey', 'imageSize', 'testSize'] as const;

export const readingFlags: Flags<ReadingOptions> = {
  label: ungrouped(optionTable.label),
  firstLabel: ungrouped(optionTable.firstLabel),
  pixelMax: ungrouped(optionTable.pixelMax),
  grey: ungrouped(optionTable.grey),
  imageSize: ungrouped(optionTable.imageSize),
  testSize: ungrouped(optionTable.testSize),
};

export function readingOf(options: ReadingOptions & Pick<TrainOptions, 'transpose' | 'seed'>): Reading {
  const { transpose, label, firstLabel, pixelMax, grey, imageSize, testSize, seed } = options;
  const size = imageSize === null ? null : { rows: imageSize[0], columns: imageSize[1] };
  return { transpose, label, firstLabel, pixelMax, grey, imageSize: size, testSize, seed };
}

/**
 * Of other data, those of a run where nothing else was said; but no test set is drawn unless it is asked for. What else `given` holds
 * does not matter.
 */
export function readingLike(run: TrainOptions, given: Partial<ReadingOptions>, transpose: boolean): Reading {
  const keys = Object.keys(readingFlags) as (keyof ReadingOptions)[];
  const said = keys
    .map((key) => [key, given[key] ?? null] as const)
    .filter(([, value]) => value !== null && value !== false);
  return readingOf({ ...run, firstLabel: null, testSize: null, ...Object.fromEntries(said), transpose });
}

/** The flags of `given` by which other data are read: without such they have no effect. */
export function ofOtherData(given: Partial<ReadingOptions>): string[] {
  return Object.entries(readingFlags)
    .filter(([key, { default: usual }]) => (given[key as keyof ReadingOptions] ?? usual) !== usual)
    .map(([, { flag }]) => bareFlag(flag));
}
