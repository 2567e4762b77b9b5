// `lockstep runs [DIR]`: the runs in a folder.

import type { Command } from '../../src/command.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { codeOf, ioReason } from '../../src/host/files/io-reason.ts';
import type { Flag } from '../../src/options/flags.ts';
import { type Kind, oneOf, onOff, orNull, text } from '../../src/options/value-kinds.ts';
import { counted } from '../../src/text/counted.ts';
import { listRuns, type RunOverview, type RunState, runStates } from '../run-folder/run-overview.ts';
import { jsonFlag, verboseFlag } from './common-flags.ts';
import { jsonLine } from './result-text.ts';
import { type RunColumn, runColumns, runsJson, runsTable, strangeOption, wantedRuns } from './runs-text.ts';

const states: Kind<readonly RunState[]> = {
  allowed: `one or several of ${runStates.join(', ')}, with commas between them`,
  accepts: (value) => Array.isArray(value) && value.every((one) => runStates.includes(one)),
  fromText: (text) => text.split(','),
  schema: { type: 'array', items: { enum: [...runStates] } },
};

interface Options {
  readonly sort: RunColumn;
  readonly reverse: boolean;
  readonly state: readonly RunState[] | null;
  readonly filter: string | null;
  readonly json: boolean;
  readonly verbose: boolean;
}

const sort: Flag<RunColumn> = {
  flag: '--sort <column>',
  kind: oneOf(...(Object.keys(runColumns) as RunColumn[])),
  default: 'name',
  help: `${Object.keys(runColumns).join(', ')}; of figures the highest comes first`,
};
const reverse: Flag<boolean> = { flag: '--reverse', kind: onOff, default: false, help: 'the other way round' };
const state: Flag<readonly RunState[] | null> = {
  flag: '--state <states>',
  kind: orNull(states),
  default: null,
  defaultText: 'all',
  help: `only runs that are ${runStates.join(', ')}; several with commas between them`,
};
const filter: Flag<string | null> = {
  flag: '--filter <text>',
  kind: orNull(text),
  default: null,
  defaultText: 'all',
  help: 'only runs with this in their name; or option=value: those that were asked so, e.g. seed=7, hidden=256,128',
};

export const runs: Command<Options> = {
  name: 'runs',
  summary: 'The runs in a folder: state, epochs, figures, digest.',
  operands: '[dir]',
  flags: { sort, reverse, state, filter, json: jsonFlag(), verbose: verboseFlag },
  help: `
Examples:
  $ lockstep runs
  $ lockstep runs runs --sort test --state finished
  $ lockstep runs experiments --filter lr=0.01 --json

Without a folder it is runs/. "running": a process trains there now. "interrupted": it was stopped or killed, and
train --resume goes on with it. "failed": it ended by an error, which stderr names, as it does why a run is "damaged".
Val. is the accuracy of the epoch with the lowest validation loss. Folders that are no runs are passed over. On a narrow
terminal columns are left out.

With --json: {"folder","runs":[{"folder","name","state","reason","epochs":{"done","asked"},"validation":{"epoch","loss",
"accuracy"},"test":{"loss","accuracy"},"samplesPerSecond","digest"}]}; what is not known is null.`,
  run: async ([dir], { json, state: states, ...wanted }, { print, note, columns }) => {
    const folder = dir ?? 'runs';
    const found = await runsIn(folder, dir === undefined);
    const shown = wantedRuns(found, { ...wanted, states });
    if (json) {
      await print(jsonLine(runsJson(folder, shown)));
      return ExitCode.done;
    }
    if (shown.length > 0) await print(runsTable(shown, columns));
    else note(noneText(folder, found, wanted.filter));
    for (const { folder, state, reason } of shown) {
      if (state === 'damaged') note(`Damaged: ${reason}`);
      if (state === 'failed') note(`${folder} failed: ${reason}`);
    }
    return ExitCode.done;
  },
};

function noneText(folder: string, found: readonly RunOverview[], filter: string | null): string {
  if (found.length === 0) return `No runs in ${folder}`;
  const strange = strangeOption(found, filter);
  return `None of the ${counted(found.length, 'run')} in ${folder}${strange === null ? '' : `: ${strange}`}`;
}

/** `usual`: nobody named the folder, and there may have been no run yet. */
async function runsIn(folder: string, usual: boolean): Promise<RunOverview[]> {
  try {
    return await listRuns(folder);
  } catch (cause) {
    if (codeOf(cause) === null) throw cause;
    if (usual && codeOf(cause) === 'ENOENT') return [];
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_RUN_UNUSABLE',
      what: `${folder} cannot be looked into`,
      why: ioReason(cause),
      mend: 'Give a folder that holds runs, e.g. runs',
      cause,
    });
  }
}
