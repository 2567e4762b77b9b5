// `lockstep compare RUN RUN...`: runs side by side.

import type { Command } from '../../src/command.ts';
import { ExitCode } from '../../src/errors.ts';
import { readRunSide } from '../run-folder/run-side.ts';
import { jsonFlag, verboseFlag } from './common-flags.ts';
import { compareRuns, comparisonJson, comparisonText } from './compare-text.ts';
import { jsonLine } from './result-text.ts';

interface Options {
  readonly json: boolean;
  readonly verbose: boolean;
}

export const compare: Command<Options> = {
  name: 'compare',
  summary: 'Runs side by side: options, figures, digests, where they part.',
  operands: '<run> <others...>',
  flags: { json: jsonFlag(), verbose: verboseFlag },
  help: `
Examples:
  $ lockstep compare runs/first runs/second
  $ lockstep compare runs/* --json

It only reads, computes nothing, and takes runs that are not finished as far as they came. Exit code 0, whatever differs.`,
  run: async (folders, { json }, { print, note, columns }) => {
    const runs = await Promise.all(folders.map((folder) => readRunSide(folder, note)));
    const comparison = compareRuns(runs);
    await print(json ? jsonLine(comparisonJson(comparison)) : comparisonText(comparison, columns));
    return ExitCode.done;
  },
};
