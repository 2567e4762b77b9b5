// `lockstep train`: a run from what was typed to the table of its results. Knows nothing of how it is trained.

import type { Command, CommandContext } from '../../src/command.ts';
import { ExitCode } from '../../src/errors.ts';
import { collectForSockets } from '../../src/host/process/collect-for-sockets.ts';
import { unlessAborted } from '../../src/host/unless-aborted.ts';
import { processCores } from '../../src/host/usable-cores.ts';
import { decideLaunch } from '../../src/launch/decide.ts';
import { coresOfRank, threadsFor } from '../../src/launch/rank-cores.ts';
import { resolveLayers } from '../../src/options/config.ts';
import { environmentHelp, variableName } from '../../src/options/environment.ts';
import { eventJson } from '../../src/run/event-json.ts';
import type { Summary, TrainEvent } from '../../src/run/events.ts';
import { printable } from '../../src/text/clean-text.ts';
import { grouped } from '../../src/text/grouped.ts';
import { ReservedFolder } from '../run-folder/run-folder.ts';
import { type Asked, resolveLayersWithRun } from '../training/resolve-with-run.ts';
import { type RunSignals, watchRunSignals } from '../training/run-signals.ts';
import { type AskedFlags, askedOf, layersOf, type TypedFlags, trainFlags } from './asked-flags.ts';
import { configurationLines } from './configuration-lines.ts';
import { createProgress, type Progress } from './progress.ts';
import { asRankZero, type RankZero } from './rank-zero.ts';
import { jsonLine } from './result-text.ts';

export const train: Command<AskedFlags, TypedFlags> = {
  name: 'train',
  summary: 'Train a network on this machine.',
  operands: '',
  flags: trainFlags,
  help: `
Examples:
  $ lockstep train                              five epochs of MNIST on all cores
  $ lockstep train --threads 0 --max-steps 100  the single-worker baseline, a hundred steps
  $ lockstep train --data ./fashion --out runs/fashion --hidden 256,128
  $ lockstep train --config runs/fashion/config.json --seed 7 --json
  $ lockstep train --json-events | jq -c 'select(.type == "epoch") | [.epoch, .validation.loss]'
  $ lockstep train --resume runs/fashion        go on after an interruption; --epochs 10 to train longer
  $ lockstep train --listen 0.0.0.0:7070 --token-file token --min-workers 4
  $ srun -n 4 lockstep train --launcher slurm --out runs/job   one run of all processes that were started

${environmentHelp}

Exit codes: 0 done, 1 the run failed, 2 bad usage, configuration, data or output folder, 3 another digest
than --expect-digest, 75 too few workers came, 129, 130 and 143 interrupted (after a checkpoint).`,
  ends: 'watched',
  takesEnvironment: true,
  options: askedOf,
  run: async (_, flags, context) => {
    let progress: Progress | null = null;
    const signals = watchRunSignals((line) => {
      progress?.clear();
      context.note(line);
    });
    const layers = await unlessAborted(layersOf(flags), signals.signal);
    // those of a run that goes on are read by rank 0 alone: it may be the only one that can
    const { options } = resolveLayers(layers);
    const { place, why } = decideLaunch(options.launcher, process.env);
    if (place !== null && place.rank > 0) {
      signals.close();
      return await context.runRank(place, options);
    }
    const eventsOnTerminal = options.jsonEvents && context.columns !== null;
    progress = createProgress(context.progress, { ...options, drawn: !eventsOnTerminal });
    const shown = progress;
    if (why !== null && !options.quiet) context.note(why);
    const named = Object.keys(flags.fromEnvironment).map(variableName);
    if (named.length > 0 && !options.quiet) context.note(`From the environment: ${named.join(', ')}`);
    const cores = place === null ? null : coresOfRank(place, processCores());
    const work = async (zero: RankZero | null) => {
      const resolving = resolveLayersWithRun(layers, cores === null ? context.cores : threadsFor(cores));
      const asked = await unlessAborted(resolving, signals.signal);
      context.showStacks(asked.options.verbose);
      const run = zero === null ? asked : { ...asked, options: zero.listening(asked.options) };
      await trainInto(run, shown, { ...signals, zero, cores }, context);
    };
    if (place === null || place.size === 1) await work(null);
    else await asRankZero(place, options, signals.signal, (event) => shown.show(event, performance.now()), work);
    return ExitCode.done;
  },
};

/** What the run is told by; and, of rank 0 of a launch, what it has besides. */
type Surroundings = RunSignals & {
  readonly zero: RankZero | null;
  /** Of this rank; null: all that the process may use. */
  readonly cores: number | null;
};

/** Trains into the folder that was asked for, or one of its own, and prints the result. */
async function trainInto(
  { options: asked, resumed }: Asked,
  progress: Progress,
  signals: Surroundings,
  context: CommandContext,
): Promise<void> {
  const given = asked.out ?? asked.resume;
  const reserved = given === null ? await ReservedFolder.reserve(new Date()) : null;
  const out = given ?? reserved!.path;
  const options = { ...asked, out };
  try {
    let printed: Promise<void> | null = null;
    let last: TrainEvent | null = null;
    const print = (text: string) => {
      printed = context.print(text);
      printed.catch(() => undefined);
    };
    try {
      await trainAndShow({ options, resumed }, progress, signals, context, (event) => {
        const done = event.type === 'done';
        if (options.jsonEvents) {
          if (done) last = event;
          else context.tell(eventJson(event));
        } else if (done) {
          // shown as soon as it is there: the metrics may stay for one more scrape
          print(options.json ? jsonLine(event.summary) : resultTable(event.summary, out));
        }
      });
    } finally {
      // the last line, also where a warning came behind it, and where its digest is not the expected one
      if (last !== null) print(`${eventJson(last)}\n`);
    }
    await unlessAborted(printed ?? Promise.resolve(), signals.signal);
  } finally {
    // Only does anything where the run left nothing.
    await reserved?.release();
  }
}

async function trainAndShow(
  asked: Asked,
  progress: Progress,
  { signal, checkpointRequests, onPhase, zero, cores }: Surroundings,
  { note, wiring, progress: sink }: CommandContext,
  tell: (event: TrainEvent) => void,
): Promise<void> {
  const { options } = asked;
  if (!options.quiet) {
    const width = sink.isTTY === true ? (sink.columns ?? null) : null;
    for (const line of configurationLines(options, width)) note(line);
    note(`Run folder: ${options.out}`);
  }
  if (options.listen !== null) collectForSockets();
  try {
    // not at the top: --help, bad flags and other commands need not wait for the trainer to load
    const { trainAndReport } = await import('../train-and-report.ts');
    const onEvent = (event: TrainEvent) => {
      if (zero === null) progress.show(event, performance.now());
      else zero.onEvent(event);
      tell(event);
    };
    const launched = zero === null ? { signal } : { signal: zero.signal, launch: zero.launch };
    const wired = cores === null ? await wiring() : { ...(await wiring()), cores };
    await trainAndReport(asked, { ...launched, onEvent, onPhase, checkpointRequests }, wired);
  } finally {
    progress.clear();
  }
}

function resultTable(summary: Summary, folder: string): string {
  const rows = [
    ['Test accuracy', summary.test.accuracy.toFixed(4)],
    ['Test loss', summary.test.loss.toFixed(4)],
    ['Run folder', printable(folder)],
    ['Digest', summary.digest],
    ['State digest', summary.stateDigest],
    ['Samples/s', grouped(Math.round(summary.samplesPerSecond))],
  ] as const;
  return rows.map(([name, value]) => `${name.padEnd(15)}${value}\n`).join('');
}
