// `lockstep replay RUN --step K`: one step of a run, computed again and looked at.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../../src/command.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { unbroken } from '../../src/host/process/unbroken.ts';
import { folderPath, integer, orNull } from '../../src/options/value-kinds.ts';
import { partAt } from '../../src/run/course.ts';
import { counted } from '../../src/text/counted.ts';
import { Replay, type Way } from '../replay/replay.ts';
import { stepDetail } from '../replay/step-detail.ts';
import { dataFlag, jsonFlag, threadsFlag, verboseFlag } from './common-flags.ts';
import { stepFiles, stepJson, stepText } from './replay-text.ts';
import { jsonLine } from './result-text.ts';
import { writeOutput } from './write-output.ts';

interface Options {
  readonly step: number;
  readonly shard: number | null;
  readonly dump: string | null;
  readonly data: string | null;
  readonly threads: number | null;
  readonly json: boolean;
  readonly verbose: boolean;
}

export const replay: Command<Options> = {
  name: 'replay',
  summary: 'Compute one step of a run again, and look at it.',
  operands: '<run>',
  flags: {
    step: {
      flag: '--step <k>',
      kind: integer(0, 2 ** 32 - 2),
      default: 0,
      required: true,
      defaultText: 'required',
      help: 'the step: 0 is the first, and K reads the state that the checkpoint of step K holds',
    },
    shard: {
      flag: '--shard <s>',
      kind: orNull(integer(0, 1023)),
      default: null,
      defaultText: 'none',
      help: 'look at a shard of it as well, from 0: its samples, its gradient',
    },
    dump: {
      flag: '--dump <dir>',
      kind: orNull(folderPath),
      default: null,
      defaultText: 'nothing is written',
      help: 'a new folder for states, gradient and update as safetensors, and the images of the shard as PNG',
    },
    data: dataFlag("the run's own"),
    threads: threadsFlag,
    json: jsonFlag(),
    verbose: verboseFlag,
  },
  help: `
Examples:
  $ lockstep replay runs/first --step 1290
  $ lockstep replay runs/first --step 1290 --shard 3 --dump step-1290
  $ lockstep replay runs/first --step 0 --json

The step is computed from the nearest checkpoint before it, or from step 0, with the changes that the run records. Nothing
is written into the run folder. The gradient is the mean over the global batch that Adam is handed, a shard's the sum over
its samples; the update is what is added to the parameters.`,
  run: async ([folder], options, { wiring, print, note, cores, columns, signal = new AbortController().signal }) => {
    const { step, shard, dump, data, threads, json } = options;
    if (dump !== null && existsSync(dump)) throw dumpExists(dump);
    const wired = await wiring();
    const deps = { data, threads: threads ?? cores, wiring: wired, onEvent: () => undefined, signal };
    const replayed = await Replay.of(folder!, deps, note);
    try {
      refuseStep(replayed, step, shard);
      const way = await replayed.wayTo(step);
      note(costText(way));
      await replayed.go(way);
      const detail = await stepDetail(replayed, shard, wired);
      const files =
        dump === null ? [] : [...stepFiles(detail)].map(([name, bytes]) => [join(dump, name), bytes] as const);
      await unbroken(async () => {
        for (const [file, bytes] of files) await writeOutput(file, bytes, '--dump DIR');
      });
      const names = files.map(([file]) => file);
      await print(json ? jsonLine(stepJson(folder!, detail, way.cost, names)) : stepText(detail, names, columns));
      return ExitCode.done;
    } finally {
      await replayed.close();
    }
  },
};

function refuseStep({ run: { folder, lastStep, course } }: Replay, step: number, shard: number | null): void {
  if (step >= lastStep) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `${folder} has no step ${step}`,
      why: lastStep === 0 ? 'it is not known to have done any' : `it did ${lastStep} steps, 0 to ${lastStep - 1}`,
      mend: lastStep === 0 ? 'Go on with the run first' : `Give --step a value of at most ${lastStep - 1}`,
    });
  }
  const shards = Number(partAt(course, step).facts.config['shards']);
  if (shard === null || shard < shards) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_BAD_OPTION',
    what: `Step ${step} of ${folder} has no shard ${shard}`,
    why: `its global batch is cut into ${shards}, 0 to ${shards - 1}`,
    mend: `Give --shard a value of at most ${shards - 1}`,
  });
}

function costText({ at, from, to, cost }: Way): string {
  const place = at === 'checkpoint' ? `the checkpoint of step ${from}` : `step ${from}`;
  return `Computing ${counted(cost + 1, 'step')} again, from ${place}: ${cost} to come to step ${to}, and that one`;
}

function dumpExists(dump: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_OUTPUT_EXISTS',
    what: `${dump} is there already`,
    why: 'a dump writes over nothing',
    mend: 'Give another --dump',
  });
}
