// `lockstep evaluate RUN`: what a trained model makes of a split.

import type { Command } from '../../src/command.ts';
import type { SplitName } from '../../src/engine.ts';
import { ExitCode } from '../../src/errors.ts';
import { confusionOf } from '../../src/figures/confusion.ts';
import type { ReadingOptions } from '../../src/options/reading.ts';
import { type CheckpointChoice, integer, oneOf, orNull } from '../../src/options/value-kinds.ts';
import { digestOf } from '../../src/run/digest.ts';
import { evaluateSplit } from '../evaluation/evaluate-split.ts';
import type { Transposing } from '../evaluation/evaluation-set.ts';
import { readModel } from '../run-folder/trained-model.ts';
import { classTable } from './class-table.ts';
import {
  checkpointFlag,
  dataFlag,
  jsonFlag,
  likeTheRun,
  tellIdleReading,
  verboseFlag,
  wideFlag,
} from './common-flags.ts';
import { jsonLine, table } from './result-text.ts';

interface Options extends ReadingOptions {
  readonly checkpoint: CheckpointChoice | null;
  readonly split: SplitName;
  readonly data: string | null;
  readonly transpose: Transposing;
  readonly threads: number | null;
  readonly wide: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
}

export const evaluate: Command<Options> = {
  name: 'evaluate',
  summary: 'Loss, accuracy and confusion matrix of a trained run.',
  operands: '<run>',
  flags: {
    checkpoint: checkpointFlag,
    split: {
      flag: '--split <name>',
      kind: oneOf('test', 'validation'),
      default: 'test',
      help: "test, or the run's own validation split; never augmented",
    },
    data: dataFlag("the run's own"),
    transpose: {
      flag: '--transpose <when>',
      kind: oneOf('run', 'yes', 'no'),
      default: 'run',
      help: 'whether the images of --data are turned over their diagonal: yes, no, or as those of the run were',
    },
    ...likeTheRun('all images, where the data are not divided'),
    threads: {
      flag: '--threads <n>',
      kind: orNull(integer(0, 64)),
      default: null,
      defaultText: 'as many as pay',
      help: 'computing threads; 0 = inline; never changes the result',
    },
    wide: wideFlag,
    json: jsonFlag(),
    verbose: verboseFlag,
  },
  help: `
Examples:
  $ lockstep evaluate runs/first
  $ lockstep evaluate runs/first --split validation --json
  $ lockstep evaluate runs/first --checkpoint best`,
  run: async ([folder], options, { wiring, print, note, columns }) => {
    const { checkpoint, split, data, transpose, threads, wide, json } = options;
    tellIdleReading(options, note, transpose === 'run' ? [] : ['--transpose']);
    const trained = await readModel(folder!, checkpoint, note);
    const trying = { threads, wiring: await wiring(), wide };
    const loading = { transpose, reading: options, tell: note };
    const { means, predictions, labels } = await evaluateSplit(trained, data, split, loading, trying);
    const names = trained.classNames;
    const confusion = confusionOf(labels, predictions, trained.model.widths.at(-1)!);
    if (json) {
      const digest = digestOf(trained.model.parameters);
      const { name, step } = trained;
      const of = step === null ? { run: name } : { run: name, checkpoint: step };
      const named = names === null ? {} : { classNames: names };
      await print(jsonLine({ ...of, split, samples: labels.length, ...means, ...named, confusion, digest }));
      return ExitCode.done;
    }
    await print(
      [
        table([
          ...(trained.step === null ? [] : [['Checkpoint', `step ${trained.step}`]]),
          ['Split', split],
          ['Samples', String(labels.length)],
          ['Accuracy', means.accuracy.toFixed(4)],
          ['Loss', means.loss.toFixed(4)],
        ]),
        classTable(confusion, names, columns),
      ].join('\n'),
    );
    return ExitCode.done;
  },
};
