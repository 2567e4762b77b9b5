// `lockstep fork RUN --at K --out OTHER`: a run that goes on from an earlier step elsewhere, otherwise than it did. It is
// `train --resume RUN --from K --out OTHER --allow-change ...`, under one name.

import type { Command, Given } from '../../src/command.ts';
import { checkedFlags, type Flag } from '../../src/options/flags.ts';
import { type OptionKey, optionKeys, optionTable } from '../../src/options/option-table.ts';
import { presets } from '../../src/options/presets.ts';
import { readingKeys } from '../../src/options/reading.ts';
import type { PresetName, TrainOptions } from '../../src/options/train-options.ts';
import { type CheckpointChoice, checkpointChoice, folderPath } from '../../src/options/value-kinds.ts';
import { train } from './train.ts';

/** What `fork` says itself. */
const { resume: _, from, autoResume: _auto, allowChange: _allow, out, ...changes } = optionTable;

type Typed = Omit<TrainOptions, 'resume' | 'from' | 'autoResume' | 'allowChange' | 'out'> & Place;

interface Place {
  readonly at: CheckpointChoice;
  readonly out: string;
}

const place: { readonly [K in keyof Place]: Flag<Place[K]> } = {
  at: {
    flag: '--at <which>',
    kind: checkpointChoice,
    default: 'last',
    defaultText: 'required',
    required: true,
    group: from.group,
    help: 'checkpoint to part from: a step, best (by validation loss) or last',
  },
  out: {
    flag: out.flag,
    kind: folderPath,
    default: '',
    defaultText: 'required',
    required: true,
    group: out.group,
    help: 'folder of the new run; the run itself stays as it is',
  },
};

export const fork: Command<Given, Typed> = {
  name: 'fork',
  summary: 'Go on with a run from an earlier step, elsewhere and otherwise.',
  operands: '<run>',
  flags: { ...place, ...changes },
  help: `
Examples:
  $ lockstep fork runs/first --at 1290 --lr 0.0005 --out runs/slower
  $ lockstep fork runs/first --at 1290 --without 5,17,100-120 --out runs/without
  $ lockstep compare runs/first runs/without

It is train --resume RUN --from K --out OTHER, with --allow-change for what is given here; config.json records the
changes. The step must have a checkpoint: --checkpoint-every and --keep-last say which there are. What is not given stays as
it was at that step; --without replaces the list of before. A batch that loses all of its samples changes nothing, but counts
as a step.`,
  ends: 'watched',
  options: (given) => given,
  run: async ([folder], given, context) => {
    const { at, out, ...changed } = given;
    const where = checkedFlags(place, { at, out }, 'fork');
    const options = { ...changed, resume: folder!, from: where.at, out: where.out, allowChange: changesOf(changed) };
    return await train.run([], { given: options, fromEnvironment: {}, configFile: undefined }, context);
  },
};

/** What is allowed to change: what was typed, and what a preset stands for; images that are read otherwise are other data. */
function changesOf(given: Given): readonly string[] {
  const ofPreset = Object.keys(presets[given['preset'] as PresetName] ?? {});
  const typed = [...Object.keys(given), ...ofPreset, ...(readingKeys.some((key) => key in given) ? ['data'] : [])];
  const isRecorded = (key: OptionKey) => optionTable[key].recorded;
  return [...new Set(typed)].filter((name) => optionKeys.some((key) => key === name && isRecorded(key)));
}
