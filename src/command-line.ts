// The command line: flags in, text and exit code out. The one door to commander, and with library.ts the only file of src
// that may import coordinator/. Knows nothing of how a run is trained: train() does that.

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError, Option } from 'commander';
import { commands } from '../coordinator/commands/all-commands.ts';
import { type AnyCommand, jsonLine } from '../coordinator/commands/command.ts';
import { createProgress, type Progress } from '../coordinator/commands/progress.ts';
import { resolveWithRun } from '../coordinator/run-folder/run-files.ts';
import { ReservedFolder } from '../coordinator/run-folder/run-folder.ts';
import { type RunSignals, watchRunSignals } from '../coordinator/training/run-signals.ts';
import { runWorker, workerFlags, workerOptions } from '../worker/command.ts';
import { ExitCode, LockstepError } from './errors.ts';
import { readConfigFile } from './host/files/config-file.ts';
import { loadDataset } from './host/files/dataset-files.ts';
import { readText, readToken } from './host/files/secret-files.ts';
import { explained } from './host/machine-lack.ts';
import { machineLimits } from './host/machine-limits.ts';
import { serveNodeMetrics } from './host/node-metrics.ts';
import { endAtOnce } from './host/process/end-at-once.ts';
import { Notes, neverBlock, outliveTerminal, written } from './host/process/output.ts';
import { stopSignalOf } from './host/process/signal-plan.ts';
import { watchSignals } from './host/process/signals.ts';
import { settled } from './host/process/unbroken.ts';
import { unlessAborted } from './host/unless-aborted.ts';
import { configForFile, resolveThreads } from './options/config.ts';
import { checkedFlags, type Flag } from './options/flags.ts';
import { flagName, optionKeys, optionTable } from './options/option-table.ts';
import type { TrainOptions } from './options/train-options.ts';
import { type TypedCommand, usageError } from './options/usage-error.ts';
import { jsonText } from './run/disk-records.ts';
import type { Summary, TrainEvent } from './run/events.ts';
import { printable } from './text/clean-text.ts';
import { errorText, exitCodeOf } from './text/error-text.ts';

const examples = `
Examples:
  $ lockstep train                              five epochs of MNIST on all cores
  $ lockstep train --threads 0 --max-steps 100  the single-worker baseline, a hundred steps
  $ lockstep train --data ./fashion --out runs/fashion --hidden 256,128
  $ lockstep train --config runs/fashion/config.json --seed 7 --json
  $ lockstep train --resume runs/fashion        go on after an interruption; --epochs 10 to train longer
  $ lockstep train --listen 0.0.0.0:7070 --token-file token --min-workers 4

Exit codes: 0 done, 1 the run failed, 2 bad usage, configuration, data or output folder, 75 too few workers came,
129, 130 and 143 interrupted (after a checkpoint).`;

const workerExamples = `
Examples:
  $ lockstep worker --connect ws://192.168.0.7:7070 --token-file token
  $ lockstep worker --connect wss://trainer.example:7070 --tls-ca ca.pem --threads 8 --keep-alive

Exit codes: 0 the run is over, 1 a failure, 2 what retrying cannot mend (token, versions, engine), 75 no coordinator within
--retry-for, 129, 130 and 143 told to leave.`;

/** Also set by the configuration file; here already, for errors that come before it is read. */
let verbose = process.argv.includes('--verbose');

/** Set by a command that ends well with another code. */
let exitCode: ExitCode = ExitCode.done;

/** Progress and warnings; without a reader they cost nothing. */
const notes = new Notes(process.stderr);
const note = (line: string): void => notes.write(`${printable(line)}\n`);

/** The process was told to end, and only its last words are still to be written. */
let ending = false;

/** How long an interrupted process waits for its last file and its last words. */
const LAST_WORDS_MS = 1000;

function createProgram(): Command {
  const program = new Command('lockstep')
    .description('Distributed data-parallel training whose weights are the same, bit for bit, whoever does the work.')
    .version(packageVersion())
    .exitOverride()
    // What commander would print comes to main() as an error, and is printed there like every other.
    .configureOutput({ outputError: () => {} });
  addTrainCommand(program);
  addWorkerCommand(program);
  for (const one of commands) addCommand(program, one);
  return program;
}

/** A command of coordinator/commands/: declared here, done there. */
function addCommand(program: Command, { name, summary, operands, flags, help, stopsItself, run }: AnyCommand): void {
  const command = program
    .command(`${name} ${operands}`.trim())
    .description(summary)
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', help);
  for (const { flag, kind, help: text, default: value, defaultText } of Object.values<Flag<unknown>>(flags)) {
    const option = new Option(flag, text);
    if (option.required) option.argParser((text) => kind.fromText(text)).default(value, defaultText);
    command.addOption(option);
  }
  command.action(async () => {
    const interruption = watchSignals({
      what: `lockstep ${name} was interrupted`,
      mend: 'Start it again',
      onStop: () => {},
      onWarning: (signal) => note(`${signal}: lockstep ${name} has nothing to save, and goes on`),
      onStay: (signal) => note(`${signal}: the terminal is gone; started by nohup, lockstep ${name} goes on`),
    });
    const typed = Object.keys(flags).filter((key) => command.getOptionValueSource(key) === 'cli');
    const given = Object.fromEntries(typed.map((key) => [key, command.getOptionValue(key)]));
    const work = run(command.args, checkedFlags(flags, given, name), {
      wiring: async () => (await import('./library.ts')).wiring,
      print,
      note,
      cores: availableParallelism(),
      cli: fileURLToPath(new URL('./cli.js', import.meta.url)),
      colours: process.stdout.isTTY === true && process.stdout.hasColors(256),
      signal: interruption.signal,
    });
    // told to stop, it is left as it is; or after a while, where it has something to take back
    exitCode = await unlessAborted(work, stopsItself ? delayed(interruption.signal, 2000) : interruption.signal);
  });
}

function addWorkerCommand(program: Command): void {
  const command = program
    .command('worker')
    .description('Compute for a coordinator on another machine (lockstep train --listen).')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', workerExamples);
  for (const { flag, kind, help, default: value, defaultText } of Object.values(workerFlags)) {
    const option = new Option(flag, help);
    if (option.required) option.argParser((text) => kind.fromText(text)).default(value, defaultText);
    command.addOption(option);
  }
  command.action(runWorkerCommand);
}

async function runWorkerCommand(_options: unknown, command: Command): Promise<void> {
  const typed = Object.keys(workerFlags).filter((key) => command.getOptionValueSource(key) === 'cli');
  const options = workerOptions(Object.fromEntries(typed.map((key) => [key, command.getOptionValue(key)])));
  verbose = options.verbose;
  const interruption = watchSignals({
    what: 'The worker was told to leave',
    mend: 'Start it again whenever you like.',
    onStop: () => note('Leaving: finishing what was begun; once more stops at once'),
    onWarning: (signal) =>
      note(`${signal}: a worker has nothing to save, and goes on; checkpoints are the coordinator's`),
    onStay: (signal) => note(`${signal}: the terminal is gone; started by nohup, the worker goes on`),
  });
  collectForSockets();
  const { wiring } = await import('./library.ts');
  const result = await runWorker(options, {
    wiring,
    cores: availableParallelism(),
    readToken,
    serveMetrics: serveNodeMetrics,
    readText,
    loadDataset,
    signal: interruption.signal,
    write: note,
  });
  if (options.json) await unlessAborted(print(jsonLine(result)), interruption.signal);
  else note(`Done: ${result.reason}; ${result.shardsDone} shards, ${result.samplesDone} samples`);
}

function addTrainCommand(program: Command): void {
  const command = program
    .command('train')
    .description('Train a network on this machine.')
    .optionsGroup('Other:')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examples);
  for (const key of optionKeys) {
    const { flag, kind, group, help, default: value, defaultText } = optionTable[key];
    const option = new Option(flag, help).helpGroup(group);
    if (option.required) option.argParser((text) => kind.fromText(text)).default(value, defaultText);
    command.addOption(option);
  }
  command.option('--config <file>', 'JSON file of options ("batchSize": 256); a flag goes before the file');
  command.action(runTrain);
}

async function runTrain(_options: unknown, command: Command): Promise<void> {
  let progress: Progress | null = null;
  const signals = watchRunSignals((line) => {
    progress?.clear();
    note(line);
  });
  const { signal } = signals;
  const configFile: string | undefined = command.getOptionValue('config');
  const file = configFile === undefined ? null : await unlessAborted(readConfigFile(configFile), signal);
  const asked = await unlessAborted(resolveWithRun(givenFlags(command), file, 'flag'), signal);
  verbose = asked.verbose;
  progress = progressOf(asked);

  const given = asked.out ?? asked.resume;
  const reserved = given === null ? await ReservedFolder.reserve(new Date()) : null;
  const out = given ?? reserved!.path;
  const options = { ...asked, out, threads: resolveThreads(asked, availableParallelism()) };
  try {
    // shown as soon as it is there: the metrics may stay for one more scrape
    let printed: Promise<void> | null = null;
    await trainAndShow(options, progress, signals, (summary) => {
      printed = print(options.json ? jsonLine(summary) : resultTable(summary, out));
      printed.catch(() => undefined);
    });
    await unlessAborted(printed ?? Promise.resolve(), signal);
  } finally {
    // Only does anything where the run left nothing.
    await reserved?.release();
  }
}

function progressOf({ quiet }: TrainOptions): Progress {
  const {
    stderr,
    env: { TERM },
  } = process;
  return createProgress(
    {
      write: (text) => notes.write(text),
      isTTY: stderr.isTTY && TERM !== 'dumb',
      get columns() {
        return stderr.columns;
      },
    },
    { quiet },
  );
}

async function trainAndShow(
  options: TrainOptions,
  progress: Progress,
  { signal, checkpointRequests, onPhase }: RunSignals,
  onDone: (summary: Summary) => void,
): Promise<void> {
  if (!options.quiet) {
    note(`Configuration: ${jsonText(configForFile(options))}`);
    note(`Run folder: ${options.out}`);
  }
  if (options.listen !== null) collectForSockets();
  try {
    // Not at the top: --help and bad flags need not wait for the trainer to load.
    const { train } = await import('./library.ts');
    const onEvent = (event: TrainEvent) => {
      progress.show(event, performance.now());
      if (event.type === 'done') onDone(event.summary);
    };
    await train(options, { signal, onEvent, onPhase, checkpointRequests });
  } finally {
    progress.clear();
  }
}

/**
 * What sockets receive is held outside of a heap that is small, and V8 takes it for growth: it would mark the whole heap
 * every few steps, beside them, on the cores that compute (a third of the time of a run with two nodes on two cores). Young
 * buffers go without that; and what does not is collected at once, in some milliseconds, when 64 MB have come together.
 */
function collectForSockets(): void {
  setFlagsFromString('--no-incremental-marking');
}

/** Only what was typed: commander's own defaults would hide the configuration file. */
function givenFlags(command: Command): Record<string, unknown> {
  const typed = optionKeys.filter((key) => command.getOptionValueSource(key) === 'cli');
  return Object.fromEntries(typed.map((key) => [key, command.getOptionValue(key)]));
}

function resultTable(summary: Summary, folder: string): string {
  const rows = [
    ['Test accuracy', summary.test.accuracy.toFixed(4)],
    ['Test loss', summary.test.loss.toFixed(4)],
    ['Run folder', printable(folder)],
    ['Digest', summary.digest],
    ['State digest', summary.stateDigest],
    ['Samples/s', Math.round(summary.samplesPerSecond).toLocaleString('en-US')],
  ] as const;
  return rows.map(([name, value]) => `${name.padEnd(15)}${value}\n`).join('');
}

/** Resolves when the text is out, or when nobody reads it any more. */
async function print(text: string): Promise<void> {
  // what nobody waits for any more has no result
  if (ending) return await new Promise<never>(() => {});
  const error = await new Promise<Error | null | undefined>((resolve) => process.stdout.write(text, resolve));
  if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE') {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_WRITE_FAILED',
      what: 'The result cannot be written to stdout',
      why: error.message,
      mend: 'Read it in summary.json in the run folder',
      exitCode: ExitCode.runFailed,
      cause: error,
    });
  }
}

function packageVersion(): string {
  // From dist/src/, where this file runs.
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return version;
}

/** The command that was typed, and its flags; train's, where none was. */
function typedCommand(): TypedCommand {
  const named = [...commands, { name: 'worker', flags: workerFlags }].find(({ name }) => name === process.argv[2]);
  if (named === undefined) return { name: 'train', flags: [...optionKeys.map(flagName), '--config', '--help'] };
  const rows: readonly { readonly flag: string }[] = Object.values(named.flags);
  return { name: named.name, flags: [...rows.map(({ flag }) => flag.split(' ')[0]!), '--help'] };
}

function report(thrown: unknown): ExitCode {
  const error = explained(thrown, machineLimits, ExitCode.usage);
  notes.write(errorText(error, verbose));
  return exitCodeOf(error);
}

async function main(): Promise<ExitCode> {
  try {
    await createProgram().parseAsync();
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(error);
    if (error.exitCode === 0) return ExitCode.done;
    // "lockstep" alone: the help is printed already.
    return error.code === 'commander.help' ? ExitCode.usage : report(usageError(error, typedCommand()));
  }
}

/** Aborted so much later. */
function delayed(signal: AbortSignal, ms: number): AbortSignal {
  const later = new AbortController();
  signal.addEventListener('abort', () => setTimeout(() => later.abort(signal.reason), ms));
  return later.signal;
}

/** What is left of an interrupted command may be work that nobody waits for; and nobody may read its last words. */
async function lastWords(): Promise<void> {
  ending = true;
  const patience = delay(LAST_WORDS_MS);
  await Promise.race([patience, settled()]);
  await Promise.race([patience, Promise.all([written(process.stdout), written(process.stderr)])]);
}

outliveTerminal();
neverBlock(process.stdout);
neverBlock(process.stderr);
process.on('uncaughtException', async (error) => {
  const code = report(error);
  await lastWords();
  process.exit(code);
});
process.exitCode = await main();
const stoppedBy = stopSignalOf(process.exitCode);
if (stoppedBy !== null) {
  await lastWords();
  await endAtOnce(stoppedBy);
}
