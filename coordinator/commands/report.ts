// `lockstep report RUN`: the figures and report.html of a run, made again.

import { ExitCode } from '../../src/errors.ts';
import { onOff, orNull, path } from '../../src/value-kinds.ts';
import { writeReport } from '../write-report.ts';
import { type Command, jsonLine } from './command.ts';

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
    data: {
      flag: '--data <dir>',
      kind: orNull(path),
      default: null,
      defaultText: "the run's own",
      help: 'folder of the four IDX files, plain or .gz',
    },
    json: { flag: '--json', kind: onOff, default: false, help: 'print what was written as JSON' },
    verbose: { flag: '--verbose', kind: onOff, default: false, help: 'show the stack trace of an error' },
  },
  help: `
Examples:
  $ lockstep report runs/first`,
  run: async ([folder], { data, json }, { wiring, print }) => {
    const files = await writeReport(folder!, data, await wiring());
    await print(json ? jsonLine({ files }) : files.map((file) => `${file}\n`).join(''));
    return ExitCode.done;
  },
};
