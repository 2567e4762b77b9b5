// `lockstep report RUN`: the figures and report.html of a run, made again.

import type { Command } from '../../src/command.ts';
import { ExitCode } from '../../src/errors.ts';
import { writeReport } from '../report/write-report.ts';
import { dataFlag, jsonFlag, verboseFlag } from './common-flags.ts';
import { jsonLine, lines } from './result-text.ts';

interface Options {
  readonly data: string | null;
  readonly json: boolean;
  readonly verbose: boolean;
}

export const report: Command<Options> = {
  name: 'report',
  summary: 'Make the figures and report.html of a run again.',
  operands: '<run>',
  flags: {
    data: dataFlag("the run's own"),
    json: jsonFlag('print what was written as JSON'),
    verbose: verboseFlag,
  },
  help: `
Examples:
  $ lockstep report runs/first`,
  run: async ([folder], { data, json }, { wiring, print }) => {
    const files = await writeReport(folder!, data, await wiring());
    await print(json ? jsonLine({ files }) : lines(files));
    return ExitCode.done;
  },
};
