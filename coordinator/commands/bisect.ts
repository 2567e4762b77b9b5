// `lockstep bisect A B`: where two runs part, and why.

import type { Command } from '../../src/command.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { counted } from '../../src/text/counted.ts';
import { type Bisection, bisect as bisectSides, knownOfSides, type Side, saidOnly } from '../replay/bisect.ts';
import type { PartDeps } from '../replay/open-part.ts';
import { readEvidence } from '../replay/read-evidence.ts';
import { Replay } from '../replay/replay.ts';
import { bisectionJson, bisectionText } from './bisect-text.ts';
import { dataFlag, jsonFlag, threadsFlag, verboseFlag } from './common-flags.ts';
import { jsonLine } from './result-text.ts';

interface Options {
  readonly data: string | null;
  readonly threads: number | null;
  readonly json: boolean;
  readonly verbose: boolean;
}

export const bisect: Command<Options> = {
  name: 'bisect',
  summary: 'Find the first state in which two runs differ, and why.',
  operands: '<a> <b>',
  flags: {
    data: dataFlag("each run's own"),
    threads: threadsFlag,
    json: jsonFlag(),
    verbose: verboseFlag,
  },
  help: `
Examples:
  $ lockstep bisect runs/first runs/second
  $ lockstep bisect runs/laptop runs/cluster --json

Receipts, checkpoints and histories of both are compared first. Where they part, both are computed again from the last state
that they had in common: tensors, shards and samples that differ, options that explain it, and who does not come to what it
says of itself. Nothing is written into the run folders.

Exit codes: 0 no state is known to differ, 3 one differs, or receipts were changed after they were written; 2 it cannot be told
(another version of the arithmetic, data that are not there, bad usage).`,
  run: async ([a, b], options, { wiring, print, note, cores, columns, signal = new AbortController().signal }) => {
    const { data, threads, json } = options;
    const wired = await wiring();
    const deps = { data, threads: threads ?? cores, wiring: wired, onEvent: () => undefined, signal };
    const sides: Side[] = [];
    try {
      for (const folder of [a!, b!]) sides.push(await sideOf(folder, deps, note));
      const both = [sides[0]!, sides[1]!] as const;
      const known = knownOfSides(both);
      const began = (from: number, to: number, steps: number) =>
        note(
          `Computing both again: ${counted(steps, 'step')} at most, to compare the states after ${from} to ${counted(to, 'step')}`,
        );
      let found: Bisection;
      let refusal: LockstepError | null = null;
      try {
        found = await bisectSides(both, known, { wiring: wired, began });
      } catch (error) {
        // what they say of themselves is something as well
        if (known.differs === null || !isRefusal(error, data)) throw error;
        refusal = error;
        found = saidOnly(both, known);
      }
      await print(json ? jsonLine(bisectionJson(both, found, refusal)) : bisectionText(both, found, refusal, columns));
      return found.step === null ? ExitCode.done : ExitCode.verificationFailed;
    } finally {
      for (const { replay } of sides) await replay.close();
    }
  },
};

async function sideOf(folder: string, deps: Omit<PartDeps, 'folder'>, note: (line: string) => void): Promise<Side> {
  const replay = await Replay.of(folder, deps, note);
  return { replay, evidence: await readEvidence(folder, replay.run.lastStep) };
}

/** That a run cannot be computed again here. Data that were asked for by a flag have to be right. */
function isRefusal(error: unknown, data: string | null): error is LockstepError {
  if (!(error instanceof LockstepError)) return false;
  const ofData = ['ERR_LOCKSTEP_DATA_MISSING', 'ERR_LOCKSTEP_DATA_UNREADABLE', 'ERR_LOCKSTEP_DATA_CHANGED'];
  return error.code === 'ERR_LOCKSTEP_REPLAY_REFUSED' || (data === null && ofData.includes(error.code));
}
