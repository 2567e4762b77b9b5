// `lockstep audit RUN`: steps of a run, computed again and held against its receipts.

import { getRandomValues } from 'node:crypto';
import type { Command } from '../../src/command.ts';
import { rangesOf } from '../../src/data/number-ranges.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { numberList, onOff, orNull, positive } from '../../src/options/value-kinds.ts';
import { lastStepOf, type Receipts } from '../../src/run/receipts.ts';
import { counted } from '../../src/text/counted.ts';
import { type AuditFinding, auditRun } from '../replay/audit.ts';
import { auditRanges, costOf, drawnSteps } from '../replay/audit-plan.ts';
import { refuseOtherEnd } from '../replay/receipts-end.ts';
import { Replay } from '../replay/replay.ts';
import type { Found } from '../run-folder/checkpoint-store.ts';
import { receiptsOf } from '../run-folder/read-receipts.ts';
import { readSummary } from '../run-folder/trained-model.ts';
import { dataFlag, jsonFlag, threadsFlag, verboseFlag } from './common-flags.ts';
import { jsonLine, lines } from './result-text.ts';

interface Options {
  /** Numbers and ranges. */
  readonly steps: string | null;
  readonly share: number | null;
  readonly all: boolean;
  readonly data: string | null;
  readonly threads: number | null;
  readonly json: boolean;
  readonly verbose: boolean;
}

const PROGRESS_MS = 2000;

export const audit: Command<Options> = {
  name: 'audit',
  summary: 'Compute steps of a run again, and compare them with its receipts.',
  operands: '<run>',
  flags: {
    steps: {
      flag: '--steps <list>',
      kind: orNull(numberList('step')),
      default: null,
      defaultText: 'the last step',
      help: 'these steps, from 0: 5,100-120',
    },
    share: {
      flag: '--share <p>',
      kind: orNull(positive(1)),
      default: null,
      defaultText: 'none',
      help: 'each step with this probability, one at least, drawn anew each time',
    },
    all: { flag: '--all', kind: onOff, default: false, help: 'all steps, from the first on' },
    data: dataFlag("the run's own"),
    threads: threadsFlag,
    json: jsonFlag(),
    verbose: verboseFlag,
  },
  help: `
Examples:
  $ lockstep audit runs/first --all
  $ lockstep audit runs/first --share 0.02
  $ lockstep audit runs/first --steps 0,1200-1290 --json

A step is computed from the nearest checkpoint before it, which is compared with the receipts first, or from step 0; each step on
the way is compared as well. Another machine, another number of threads, another Node come to the same. What receipts prove, and
what not: RECEIPTS.md.

Exit codes: 0 all that was computed is as the receipts say, 3 something is not: the first step and, where a checkpoint tells it, the
tensor; 2 bad usage, no receipts, other data or another version of the arithmetic.`,
  run: async ([folder], options, { wiring, print, note, cores, signal = new AbortController().signal }) => {
    refuseSeveral(options);
    const wired = await wiring();
    const deps = {
      data: options.data,
      threads: options.threads ?? cores,
      wiring: wired,
      onEvent: () => undefined,
      signal,
    };
    const replay = await Replay.of(folder!, deps, note);
    try {
      // receipts last: a run under way writes them first
      const summary = await readSummary(folder!);
      const checkpoints = await checkpointsOf(replay);
      const receipts = await receiptsOf(folder!);
      refuseOtherEnd(folder!, receipts, summary, checkpoints);
      const end = lastStepOf(receipts);
      const chosen = chosenSteps(options, receipts.from, end, folder!);
      const ranges = auditRanges(startsOf(receipts, checkpoints), chosen);
      const cost = costOf(ranges);
      note(`Computing ${cost} of ${counted(end, 'step')} again, in ${counted(ranges.length, 'range')}`);
      let told = performance.now();
      const progress = (done: number) => {
        if (performance.now() - told < PROGRESS_MS) return;
        told = performance.now();
        note(`${done} of ${cost} steps are computed`);
      };
      const finding = await auditRun(ranges, { replay, receipts, checkpoints, progress });
      const share = end === 0 ? 1 : cost / end;
      if (options.json)
        await print(
          jsonLine({ run: folder, steps: cost, of: end, from: receipts.from, share, equal: finding === null, finding }),
        );
      else await print(lines(auditLines(cost, end, share, finding, receipts)));
      return finding === null ? ExitCode.done : ExitCode.verificationFailed;
    } finally {
      await replay.close();
    }
  },
};

/** Where computing may begin: step 0, and the checkpoints that the receipts know. */
function startsOf(receipts: Receipts, checkpoints: readonly Found[]): number[] {
  const { from } = receipts;
  const steps = checkpoints.map(({ body }) => body.step).filter((step) => step >= from && step <= lastStepOf(receipts));
  return [...new Set([from, ...steps])].sort((a, b) => a - b);
}

async function checkpointsOf({ run }: Replay): Promise<Found[]> {
  const found: Found[] = [];
  for (let step = run.lastStep; step >= 0; ) {
    const checkpoint = await run.checkpointBefore(step);
    if (checkpoint === null) break;
    found.unshift(checkpoint);
    step = checkpoint.body.step - 1;
  }
  return found;
}

function chosenSteps({ steps, share, all }: Options, first: number, end: number, folder: string): number[] {
  const through = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  if (end === first) return [];
  if (all) return through(first, end);
  if (share !== null) return drawnSteps(first, end, share, (count) => randomWords(count));
  const ranges = rangesOf(steps ?? String(end - 1))!;
  const outside = ranges.flatMap((range) => [range.first, range.last]).find((step) => step < first || step >= end);
  if (outside !== undefined) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `The receipts of ${folder} tell of no step ${outside}`,
      why: `they tell of the steps ${first} to ${end - 1}`,
      mend: 'Give --steps some of these',
    });
  }
  return ranges.flatMap((range) => through(range.first, range.last + 1));
}

/** The system's random numbers, 64 KiB at a time: more it gives nobody at once. */
function randomWords(count: number): Uint32Array {
  const words = new Uint32Array(count);
  for (let at = 0; at < count; at += 16384) getRandomValues(words.subarray(at, at + 16384));
  return words;
}

function auditLines(
  cost: number,
  end: number,
  share: number,
  finding: AuditFinding | null,
  { from, end: { link } }: Receipts,
): string[] {
  const shown = `${cost} of ${end} steps (${(100 * share).toFixed(1)} %) were computed again`;
  if (finding === null && cost === 0 && end > 0) {
    return [
      `${shown}, since the receipts tell of none: nothing is shown of those whose last link is ${link.slice(0, 16)}...`,
    ];
  }
  if (finding === null) {
    // where the run of a program without receipts went on, or they were lost
    const begin = from === 0 ? '' : `They begin after ${from} steps: of those before, nothing is shown`;
    const last = `${shown}: all are as the receipts say, whose last link is ${link.slice(0, 16)}...`;
    return begin === '' ? [last] : [last, begin];
  }
  const { step, what, receipt, found, tensor } = finding;
  const which = {
    parameters: `the parameters after ${step} steps (that step ${step - 1} made) are not those of the receipts`,
    state: `the state after ${step} steps (that step ${step - 1} made) is not that of the receipts, though its parameters are`,
    checkpoint: `the checkpoint of step ${step} is not the state of the receipts`,
  }[what];
  const where =
    tensor === null
      ? 'No checkpoint tells which tensor'
      : `The first tensor that differs, at the checkpoint of step ${tensor.step}: ${tensor.name}`;
  return [`NOT equal: ${which}`, `The receipt: ${receipt}`, `Found: ${found}`, where];
}

function refuseSeveral({ steps, share, all }: Options): void {
  const given = [steps !== null && '--steps', share !== null && '--share', all && '--all'].filter(Boolean);
  if (given.length < 2) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_BAD_OPTION',
    what: `${given.join(' and ')} cannot both be given`,
    why: 'each says which steps are computed again',
    mend: 'Leave all but one out',
  });
}
