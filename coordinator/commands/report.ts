// `lockstep report RUN`: the figures and report.html of a run, made again.

import type { Command } from '../../src/command.ts';
import { ExitCode } from '../../src/errors.ts';
import type { ReadingOptions } from '../../src/options/reading.ts';
import { writeReport } from '../report/write-report.ts';
import { dataFlag, jsonFlag, likeTheRun, tellIdleReading, verboseFlag } from './common-flags.ts';
import { jsonLine, lines } from './result-text.ts';

interface Options extends ReadingOptions {
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
    ...likeTheRun('as many as the run drew, where the data are not divided'),
    json: jsonFlag('print what was written as JSON'),
    verbose: verboseFlag,
  },
  help: `
Examples:
  $ lockstep report runs/first
  $ lockstep report runs/first --data /mnt/moved.npz`,
  run: async ([folder], options, { wiring, print, note }) => {
    const { data, json } = options;
    tellIdleReading(options, note);
    const other = data === null ? null : { folder: data, reading: options, tell: note };
    const files = await writeReport(folder!, other, await wiring());
    await print(json ? jsonLine({ files }) : lines(files));
    return ExitCode.done;
  },
};
