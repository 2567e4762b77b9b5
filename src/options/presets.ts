// Recipes by name: what --preset puts in the place of the defaults. What is given besides goes before it.

import type { PresetName, TrainOptions } from './train-options.ts';

export const presets: Readonly<Record<PresetName, Partial<TrainOptions>>> = {
  /** The recipe of the report that Lockstep follows: the defaults themselves. */
  reference: {},
  best: {
    epochs: 60,
    batchSize: 256,
    lr: 0.004,
    schedule: 'onecycle',
    weightDecay: 1e-4,
    select: 'best',
  },
};

export const presetNames = Object.keys(presets) as PresetName[];
